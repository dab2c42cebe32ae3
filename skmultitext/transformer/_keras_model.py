"""The network in Keras: a backbone of KerasHub, a pooling, and a head."""

from ..neural._backend import load_keras
from ..neural.networks import draw_seed
from ._keras_loading import backbone_class

__all__ = ["by_text", "freeze", "make_parts", "tagging_network", "uses_pooler"]


def tagging_network(
    model_type, backbone_config, n_labels, head, layers, random_state, backbone=None
):
    """Build the network: body (backbone and pooling) and head, models of their own.

    Parameters
    ----------
    model_type : str
        Architecture, see `BACKBONES`.
    backbone_config : dict
        Configuration of the backbone.
    n_labels : int
        Number of labels.
    head : dict
        The parameters of the head: `pooling`, `head_layers`, `dropout`.
    layers : dict
        What `layer_settings` gave.
    random_state : RandomState
        Draws the seeds of the initialisers and of dropout.
    backbone : keras.Model, default=None
        The backbone, if it is built already.

    Returns
    -------
    keras.Model
        Token ids and masks to logits of shape (n_samples, n_labels).
    """
    keras = load_keras("framework='tensorflow'")
    if backbone is None:
        backbone = backbone_class(model_type).from_config(backbone_config)
    _settle_layers(keras, backbone, **layers)
    inputs = {
        name: keras.Input((None,), dtype="int32", name=name) for name in _input_names(backbone)
    }
    output = backbone(inputs)
    if uses_pooler(model_type, head):
        pooled = output["pooled_output"]
    else:
        states = output["sequence_output"] if isinstance(output, dict) else output
        pooled = _pool(keras, head["pooling"], states, inputs["padding_mask"], random_state)
    body = keras.Model(inputs, keras.layers.Identity(dtype="float32")(pooled), name="body")

    features = keras.Input((body.output_shape[-1],), dtype="float32")
    hidden = features
    for units, activation, before in _hidden_layers(model_type, head, body.output_shape[-1]):
        if before:
            hidden = _dropout(keras, head, random_state)(hidden)
        hidden = _dense(keras, units, random_state, activation)(hidden)
    hidden = _dropout(keras, head, random_state)(hidden)
    top = keras.Model(features, _dense(keras, n_labels, random_state)(hidden), name="head")
    return keras.Model(inputs, top(body(inputs)))


def by_text(model, how):
    """Build the network of texts that have several rows: windows.

    Parameters
    ----------
    model : keras.Model
        The network of rows, or its head; weights are shared.
    how : {"max", "mean"}
        Whether a label's highest probability among the windows counts, or their mean.

    Returns
    -------
    keras.Model
        A list of the inputs of `model` and the text of each row (ascending, of shape (n_rows,))
        to logits of shape (n_texts, n_labels).
    """
    keras = load_keras("framework='tensorflow'")
    ops = keras.ops
    rows = keras.tree.map_structure(
        lambda x: keras.Input(x.shape[1:], dtype=x.dtype, name=x.name), model.input
    )
    owners = keras.Input((), dtype="int32", name="owners")
    logits = model(rows)

    def log_sum(values):
        highest = ops.stop_gradient(ops.segment_max(values, owners, sorted=True))
        shifted = ops.exp(values - ops.take(highest, owners, axis=0))
        return highest + ops.log(ops.segment_sum(shifted, owners, sorted=True))

    if how == "max":
        pooled = ops.segment_max(logits, owners, sorted=True)
    else:
        # logit of a mean of probabilities: log sum p - log sum (1 - p); the count drops out
        pooled = log_sum(ops.log_sigmoid(logits)) - log_sum(ops.log_sigmoid(-logits))
    return keras.Model([rows, owners], pooled)


def make_parts(model):
    """Find the two parts of a network.

    Parameters
    ----------
    model : keras.Model
        What `tagging_network` built.

    Returns
    -------
    body : keras.Model
        Token ids and masks to pooled vectors.
    head : keras.Model
        Pooled vectors to logits.
    backbone : keras.Model
        The backbone within the body.
    """
    body, head = model.get_layer("body"), model.get_layer("head")
    backbone = next(layer for layer in body.layers if hasattr(layer, "token_embedding"))
    return body, head, backbone


def freeze(backbone, model_type, what, *, uses_pooler=True):
    """Keep weights of a backbone from training; a frozen encoder has no dropout either.

    Parameters
    ----------
    backbone : keras.Model
        The backbone; all of its weights are unfrozen first.
    model_type : str
        Its architecture.
    what : {"none", "embeddings", "encoder"} or int
        What is frozen; a number stands for the embeddings and that many of the first layers.
    uses_pooler : bool, default=True
        Whether the head sees the output of the backbone's own pooling layer.

    Raises
    ------
    ValueError
        If there are fewer layers, or they share their weights.
    """
    backbone.trainable = True
    dropout = load_keras("framework='tensorflow'").layers.Dropout
    for layer in backbone._flatten_layers():
        if layer.name == "pooled_dense":
            layer.trainable = uses_pooler
        if isinstance(layer, dropout):
            layer.rate = 0.0 if what == "encoder" else backbone.dropout
    if what == "none":
        return
    if what == "encoder":
        backbone.trainable = False
        return
    for layer in backbone.layers:
        if "embedding" in layer.name:
            layer.trainable = False
    if what == "embeddings":
        return
    if model_type == "albert":
        raise ValueError(
            f"freeze is {what}, but the layers of ALBERT share their weights; pass 'none', "
            f"'embeddings' or 'encoder'."
        )
    if what > backbone.num_layers:
        raise ValueError(f"freeze is {what}, but this encoder has {backbone.num_layers} layers.")
    for layer in backbone.transformer_layers[:what]:
        layer.trainable = False


def uses_pooler(model_type, head):
    """Whether the head sees the output of the backbone's own pooling layer.

    Parameters
    ----------
    model_type : str
        Architecture.
    head : dict
        The parameters of the head.

    Returns
    -------
    bool
    """
    native = head["pooling"] == "cls" and not head["head_layers"]
    return native and model_type in ("bert", "albert")


def _settle_layers(keras, backbone, tanh_gelu, epsilon):
    """Give the layers of a backbone the settings of the checkpoint."""

    def gelu(x):
        return keras.activations.gelu(x, approximate=tanh_gelu)

    for layer in backbone._flatten_layers():
        if isinstance(layer, keras.layers.LayerNormalization):
            layer.epsilon = epsilon
        dense = getattr(layer, "_feedforward_intermediate_dense", None)
        if dense is not None:
            dense.activation = gelu


def _input_names(backbone):
    return sorted(tensor.name for tensor in backbone.inputs)


def _hidden_layers(model_type, head, size):
    """Units, activation, and whether dropout comes before, of the hidden layers of the head."""
    if head["head_layers"]:
        return [(units, "relu", True) for units in head["head_layers"]]
    if head["pooling"] != "cls":
        return []
    # the heads that transformers gives these architectures
    if model_type == "distilbert":
        return [(size, "relu", False)]
    return [(size, "tanh", True)] if model_type in ("roberta", "xlm-roberta") else []


def _pool(keras, how, states, mask, random_state):
    ops = keras.ops
    states = ops.cast(states, "float32")
    if how == "cls":
        return states[:, 0]
    present = ops.expand_dims(ops.cast(mask, "float32"), -1)
    away = (1.0 - present) * -1e9
    if how == "max":
        return ops.max(states + away, axis=1)
    if how == "mean":
        return ops.sum(states * present, axis=1) / ops.sum(present, axis=1)
    scores = _dense(keras, states.shape[-1], random_state, "tanh")(states)
    scores = _dense(keras, 1, random_state, use_bias=False)(scores)
    return ops.sum(ops.softmax(scores + away, axis=1) * states, axis=1)


def _dense(keras, units, random_state, activation=None, **options):
    initializer = keras.initializers.GlorotUniform(seed=draw_seed(random_state))
    return keras.layers.Dense(
        units, activation, kernel_initializer=initializer, dtype="float32", **options
    )


def _dropout(keras, head, random_state):
    return keras.layers.Dropout(head["dropout"], seed=draw_seed(random_state), dtype="float32")
