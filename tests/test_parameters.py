"""Parameters that taggers share have one default, one constraint and one description."""

import re
from inspect import signature
from itertools import combinations

import pytest
from numpydoc.docscrape import ClassDoc

import skmultitext
from skmultitext import (
    KerasHANTagger,
    KerasMLPTagger,
    MultilabelLogisticRegression,
    TfidfLogRegTagger,
    TfidfLogRegTaggerCV,
    TransformerTagger,
)
from skmultitext.base import BaseTagger

TAGGERS = [
    cls
    for name in skmultitext.__all__
    if isinstance(cls := getattr(skmultitext, name), type) and issubclass(cls, BaseTagger)
]
PAIRS = list(
    combinations([MultilabelLogisticRegression, TfidfLogRegTagger, TfidfLogRegTaggerCV], 2)
)
NETWORKS = [KerasMLPTagger, KerasHANTagger, TransformerTagger]
PAIRS_OF_NETWORKS = list(combinations(NETWORKS, 2))
# why the defaults differ; the docstrings of the parameters say so too
OWN_DEFAULTS = {
    "C": "the best one for rows of TF-IDF depends on the loss alone",
    "loss": "the best one for rows of TF-IDF; other features keep logistic regression",
    "ngram_range": "the weights of pairs for very many labels would not fit in memory",
    "min_df": "trees have pruned weights, and words only",
    "sublinear_tf": "trees keep the features that published ones have",
    "threshold": "TunedThresholdTaggerCV and FixedThresholdTagger start from the method's own",
    "token_pattern": "a network reads single letters and punctuation marks in their order",
    "prune": "the weights of the trees of very many labels would not fit in memory",
    "lowercase": "tokenizers of transformers lower the case themselves",
    "learning_rate": "pretrained weights change little, new word vectors much",
    "weight_decay": "customary with pretrained weights only",
    "dropout": "as published for texts, none in small layers",
    "batch_size": "recurrent layers gain from more documents, transformers need the memory",
    "max_epochs": "epochs on features are short, pretrained weights need few",
    "early_stopping": "word vectors that are trained from scratch overfit",
    "n_iter_no_change": "as many as fit the number of epochs",
    "precision": "bfloat16 rounds features and saves no time in small layers",
    "warmup_ratio": "the rate does not fall afterwards, except in transformers",
}
OWN_DESCRIPTIONS = {
    "C",
    "loss",
    "dropout",  # of other layers
    "warm_start",  # or else from new weights, or from the checkpoint
}


def shared(one, other):
    return signature(one).parameters.keys() & signature(other).parameters.keys()


def descriptions(cls):
    """Type and description of each parameter, without what only refers to another class."""
    found = {}
    for parameter in ClassDoc(cls)["Parameters"]:
        text = re.split(", as in `(?:Multi|Keras)", " ".join(parameter.desc))[0].removesuffix(".")
        for name in parameter.name.split(", "):
            found[name] = parameter.type, " ".join(text.split())
    return found


def constraints(cls, name):
    return [str(constraint) for constraint in cls._parameter_constraints.get(name, ())]


def defaults(cls):
    """Default of each parameter, and of each key of a dict parameter."""
    found = {name: parameter.default for name, parameter in signature(cls).parameters.items()}
    for keys in getattr(cls, "_dict_parameters", {}).values():
        found |= {key: default for key, (default, _) in keys.items()}
    return found


def test_a_parameter_of_several_taggers_has_one_default():
    assert len(TAGGERS) >= 9
    found = {}
    for cls in TAGGERS:
        for name, default in defaults(cls).items():
            found.setdefault(name, set()).add(repr(default))
    assert {name for name, values in found.items() if len(values) > 1} == OWN_DEFAULTS.keys()


OWN_TRAINING_PARAMS = {"encoder_dropout"}  # rates of a pretrained encoder stand in its checkpoint


@pytest.mark.parametrize(("one", "other"), PAIRS_OF_NETWORKS)
def test_networks_share_constraints_and_descriptions(one, other):
    documented = descriptions(one), descriptions(other)
    names = shared(one, other)
    assert {"early_stopping", "checkpoint_dir", "training_params", "monitor"} < names
    for name in names - OWN_DESCRIPTIONS:
        (kind, text), (other_kind, other_text) = (of[name] for of in documented)
        shorter, longer = sorted([text, other_text], key=len)
        assert longer.startswith(shorter.split(". ")[0]), name
        if name != "callbacks":  # a transformer on PyTorch takes TrainerCallback objects as well
            assert kind.split(", default")[0] == other_kind.split(", default")[0], name
            assert constraints(one, name) == constraints(other, name), name
    keys = [cls._dict_parameters["training_params"] for cls in (one, other)]
    assert keys[0].keys() ^ keys[1].keys() <= OWN_TRAINING_PARAMS


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_shared_parameters_have_one_constraint_and_one_default(one, other):
    names = shared(one, other)
    assert len(names) >= 8
    for name in names:
        if name == "C":  # that of TF-IDF has a default by loss
            continue
        assert constraints(one, name) == constraints(other, name), name
        defaults = [signature(cls).parameters[name].default for cls in (one, other)]
        assert defaults[0] == defaults[1] or name in OWN_DEFAULTS, name
        annotations = [signature(cls).parameters[name].annotation for cls in (one, other)]
        assert annotations[0] == annotations[1], name


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_shared_parameters_are_described_alike(one, other):
    documented = descriptions(one), descriptions(other)
    for name in shared(one, other) - OWN_DESCRIPTIONS:
        (kind, text), (other_kind, other_text) = (of[name] for of in documented)
        assert kind == other_kind, name
        shorter, longer = sorted([text, other_text], key=len)
        assert longer.startswith(shorter), name
