"""Training on several devices at once: each replica of a strategy takes its part of a batch."""

from ._backend import load_keras

__all__ = ["spread_over_replicas"]


def spread_over_replicas(run, strategy):
    """Let the replicas of a strategy share the work of a training step.

    Each takes an equal part of the rows, their gradients are summed, and every replica makes the
    same update: but for rounding (and for what layers compute over a batch, as in
    BatchNormalization) it is the update of the whole batch on one device.

    Parameters
    ----------
    run : callable
        ``run(inputs, indicator, sample_weight, share, collect)`` -> (loss, logits): the step on a
        part of a batch. `share` is the share of the part in the weight of the batch, by which
        its loss is multiplied, and ``collect(gradients)`` gives the gradients of the batch.
    strategy : tf.distribute.Strategy
        The strategy in whose scope model and optimizer were made.

    Returns
    -------
    callable
        ``call(inputs, indicator, sample_weight)`` -> (loss, logits) of the whole batch.
    """
    keras = load_keras()
    import tensorflow as tf

    n_replicas = strategy.num_replicas_in_sync

    def call(inputs, indicator, sample_weight):
        n_rows, total = tf.shape(indicator)[0], tf.reduce_sum(sample_weight)

        def run_part(inputs, indicator, sample_weight):
            context = tf.distribute.get_replica_context()
            number = context.replica_id_in_sync_group
            rows = slice(n_rows * number // n_replicas, n_rows * (number + 1) // n_replicas)
            parts = keras.tree.map_structure(lambda tensor: tensor[rows], inputs)
            weight = sample_weight[rows]
            share = tf.math.divide_no_nan(tf.reduce_sum(weight), total)

            def collect(gradients):
                return context.all_reduce(tf.distribute.ReduceOp.SUM, gradients)

            return run(parts, indicator[rows], weight, share, collect)

        values, logits = strategy.run(run_part, args=(inputs, indicator, sample_weight))
        value = strategy.reduce(tf.distribute.ReduceOp.SUM, values, axis=None)
        return value, tf.concat(strategy.experimental_local_results(logits), axis=0)

    return call
