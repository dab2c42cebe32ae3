"""Checks of the members of an ensemble and of their weights."""

from collections.abc import Container, Mapping
from typing import Any

import numpy as np

from .._runtime.messages import did_you_mean, listing, shown
from .labels import LabelSpace
from .types import FloatArray

__all__ = ["check_members", "member_weights"]


def check_members(members: Any, taken: Container[str]) -> None:
    """Refuse anything but a list of (name, estimator); `taken` names cannot be used."""
    if not isinstance(members, list) or not members:
        raise ValueError(
            f"estimators is {shown(members)}; pass a list of at least one (name, estimator)."
        )
    names: list[str] = []
    for i, member in enumerate(members):
        if not isinstance(member, tuple | list) or len(member) != 2:
            raise ValueError(f"estimators[{i}] is {shown(member)}; pass a pair (name, estimator).")
        name, estimator = member
        if not isinstance(name, str) or not name or "__" in name or name in names or name in taken:
            raise ValueError(
                f"estimators[{i}] has the name {shown(name)}; pass a str without '__' that is not "
                f"the name of another member or of a parameter."
            )
        names.append(name)
        if isinstance(estimator, type) or not all(
            hasattr(estimator, method) for method in ("fit", "predict_proba")
        ):
            raise ValueError(
                f"estimators[{i}], {shown(name)}, is {shown(estimator)}; pass an estimator with "
                f"fit and predict_proba. CalibratedTaggerCV gives probabilities to one that only "
                f"has decision_function."
            )


def member_weights(weights: Any, names: list[str], space: LabelSpace) -> FloatArray:
    """Read the weights of members as (n_members, n_labels); those of a label add up to 1."""
    shape = (len(names), space.n_labels)
    if weights is None:
        return np.full(shape, 1 / len(names))
    if isinstance(weights, Mapping):
        for name in weights:
            if name not in names:
                raise ValueError(
                    f"weights has the key {shown(name)}, but the members are {listing(names)}."
                    f"{did_you_mean(name, names)}"
                )
        weights = [weights.get(name, 1.0) for name in names]
    values = np.asarray(weights)
    if values.dtype.kind not in "iuf" or values.shape not in (shape[:1], shape):
        raise ValueError(
            f"weights is {shown(weights)}; pass 'fit', or a number for each of the {len(names)} "
            f"members, or an array of shape {shape} with one for each label too."
        )
    values = values.astype(np.float64)
    if not np.isfinite(values).all() or values.min() < 0 or not values.sum(axis=0).all():
        raise ValueError(
            f"weights is {shown(weights)}; pass finite numbers of at least 0, for each label some "
            f"above 0."
        )
    values = np.broadcast_to(values.reshape(len(names), -1), shape)
    return values / values.sum(axis=0)
