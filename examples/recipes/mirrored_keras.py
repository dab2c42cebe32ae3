"""Train the Keras taggers on several devices with tf.distribute.MirroredStrategy.

    python examples/recipes/mirrored_keras.py

A `fit` in the scope of the strategy uses all of its devices: each device processes a part of every
batch, and the gradients are summed, so the result equals that of one device. `predict` works inside
and outside of the scope. On a machine with GPUs, omit `devices` and multiply `batch_size` by their
number; this script makes two devices from one processor, so that it runs anywhere.
"""

import numpy as np
import tensorflow as tf
from sklearn.datasets import make_multilabel_classification

from skmultitext import KerasHANTagger, KerasMLPTagger
from skmultitext.datasets import make_multilabel_text

(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)


def compare(name, strategy, make_tagger, X, y):
    """Fit on one device and on two; print the largest difference of the probabilities."""
    alone = make_tagger().fit(X, y)
    with strategy.scope():
        tagger = make_tagger().fit(X, y)
    (weights, *_) = tagger.network_.model.trainable_variables
    copies = [np.asarray(copy) for copy in weights.value.values]
    apart = np.abs(tagger.predict_proba(X) - alone.predict_proba(X)).max()
    print(
        f"{name}: loss {tagger.history_[-1]['loss']:.4f}, on one device "
        f"{alone.history_[-1]['loss']:.4f}; probabilities at most {apart:.1e} apart; "
        f"weights on both devices equal: {np.array_equal(*copies)}"
    )


def main():
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])  # one for the whole process
    settings = {"max_epochs": 3, "early_stopping": False, "random_state": 0}
    X, y = make_multilabel_classification(199, random_state=0)
    compare(
        "MLP",
        strategy,
        lambda: KerasMLPTagger(
            (16,), batch_size=33, training_params={"max_grad_norm": 0.5}, **settings
        ),
        X,
        y,
    )
    made = make_multilabel_text(200, n_labels=3, n_words=12, random_state=0)
    compare(
        "HAN",
        strategy,
        lambda: KerasHANTagger(embedding_dim=16, units=8, dropout=0.0, **settings),
        made.data,
        made.target,
    )


if __name__ == "__main__":
    main()
