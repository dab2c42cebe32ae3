"""Labels that come, go or get another name after the fit of a linear tagger."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from .._gate.labels import LabelSpace, read_names
from .._gate.samples import TrainingData
from .._gate.types import Documents, Features, IntArray, Labels, Weights
from .._runtime.messages import did_you_mean, listing, shown
from .._runtime.threads import transaction
from ..base import BaseTagger
from ..exceptions import LabelError

__all__ = ["LabelChangesMixin"]

if TYPE_CHECKING:
    _Base = BaseTagger
else:
    _Base = object


class LabelChangesMixin(_Base):
    """Adds `add_labels`, `drop_labels` and `rename_labels` to a tagger of one model per label.

    The tagger defines `_fit_added`, which fits an unfitted copy of it on checked data of the new
    labels, and `_change_models`, which returns the fitted attributes of other models.
    """

    class_weight: Any
    _n_seen: tuple[int, IntArray, IntArray]

    def _fit_added(self, part: Self, data: TrainingData) -> None:
        raise NotImplementedError

    def _change_models(self, kept: IntArray, added: Self | None) -> dict[str, Any]:
        raise NotImplementedError

    def add_labels(self, X: Documents | Features, y: Labels, sample_weight: Weights = None) -> Self:
        """Fit new labels on the documents given, and put them behind the labels known so far.

        The models of the other labels stay as they are, to the bit; these documents count as
        unknown for them. A new label gets its threshold and class weight by name if the parameter
        is a dict; its threshold is 0.5 if `threshold` is an array. A tagger of texts uses the
        fitted vocabulary, and ignores words that are not in it.

        The parameters are not changed. A later `fit` learns the labels of its y, or those of the
        parameter `labels`: set it to ``list(tagger.label_names_)`` to keep the new ones.

        Parameters
        ----------
        X : sequence of str, or array-like or sparse matrix of shape (n_samples, n_features)
            Documents, or features with the columns of `fit`.
        y : DataFrame or sequence of label sets
            The new labels only: label sets, or a DataFrame of 0 and 1, whose columns are names;
            NaN where nobody knows.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights.

        Returns
        -------
        self
            The tagger with more labels. Other threads may predict meanwhile.

        Raises
        ------
        ValueError
            If X, y or sample_weight is not legal, y has no names or a name that the tagger knows,
            or the labels of the tagger have no names. The tagger is as it was before.
        NotFittedError
            If the tagger is not fitted.

        Examples
        --------
        >>> from skmultitext import TfidfLogRegTagger
        >>> texts = ["refund my lamp", "my parcel is late", "late lamp, refund please", "hello"]
        >>> labels = [["refund"], ["delivery"], ["delivery", "refund"], []]
        >>> tagger = TfidfLogRegTagger(C=100).fit(texts, labels)
        >>> tagger = tagger.add_labels(texts, [["lamp"], [], ["lamp"], []])
        >>> tagger.predict_labels(["refund my lamp"])
        [('refund', 'lamp')]
        """
        with transaction(self) as draft:
            draft._require_names("add_labels")
            known = draft._label_space.label_names.tolist()
            X = draft._check_X(X, reset=False)
            part = draft._part_for_new(known)
            data = part._check_data(X, y, sample_weight)
            _refuse_known_names(data.space, known)
            draft._fit_added(part, data)
            draft._set_models(np.arange(len(known)), part)
        return self

    def drop_labels(self, names: Sequence[str]) -> Self:
        """Forget labels; the models of the others stay as they are, to the bit.

        The parameters are not changed: a later `fit` learns the labels of its y, or those of the
        parameter `labels`.

        Parameters
        ----------
        names : sequence of str
            Names of labels, not all of them.

        Returns
        -------
        self
            The tagger with fewer labels. Other threads may predict meanwhile.

        Raises
        ------
        ValueError
            If a name is not a label of the tagger, no label would be left, or the labels have no
            names. The tagger is as it was before.
        NotFittedError
            If the tagger is not fitted.

        Examples
        --------
        >>> from skmultitext import TfidfLogRegTagger
        >>> tagger = TfidfLogRegTagger().fit(["late", "hello", "lost"], [["a"], ["b"], ["c"]])
        >>> tagger.drop_labels(["b"]).label_names_
        array(['a', 'c'], dtype=object)
        """
        with transaction(self) as draft:
            draft._require_names("drop_labels")
            known = draft._label_space.label_names.tolist()
            dropped = set(_known_names("names", names, known))
            kept = [j for j, name in enumerate(known) if name not in dropped]
            if not kept:
                raise LabelError(
                    f"names are all labels of the tagger: {listing(known)}. Leave at least one."
                )
            draft._set_models(np.array(kept), None)
        return self

    def rename_labels(self, names: Mapping[str, str]) -> Self:
        """Give labels other names; their order and their models stay as they are.

        The parameters are not changed: a later `fit` learns the labels of its y, or those of the
        parameter `labels`, and dicts by label name hold the old names until they are changed.

        Parameters
        ----------
        names : dict of {str: str}
            New names by old ones. Names may be exchanged.

        Returns
        -------
        self
            The tagger with the new names. Other threads may predict meanwhile.

        Raises
        ------
        ValueError
            If a name is not a label of the tagger, two labels would have the same name, or the
            labels have no names. The tagger is as it was before.
        NotFittedError
            If the tagger is not fitted.

        Examples
        --------
        >>> from skmultitext import TfidfLogRegTagger
        >>> tagger = TfidfLogRegTagger().fit(["late parcel", "hello"], [["late"], ["greeting"]])
        >>> tagger.rename_labels({"late": "delay"}).label_names_
        array(['greeting', 'delay'], dtype=object)
        """
        with transaction(self) as draft:
            draft._require_names("rename_labels")
            known = draft._label_space.label_names.tolist()
            if not isinstance(names, Mapping):
                raise LabelError(
                    f"names is {shown(names)}; pass a dict, {{old name: new name, ...}}."
                )
            _known_names("names", list(names), known)
            renamed = read_names("the new names", [names.get(name, name) for name in known])
            label_names = LabelSpace.of(renamed).label_names
            draft._set_labels(replace(draft._label_space, label_names=label_names))
        return self

    def _require_names(self, method: str) -> None:
        """Refuse labels without names, a 1-D y, and one column with codes other than 0 and 1."""
        check_is_fitted(self)
        space = self._label_space
        if not space.named or (space.form == "column" and space.codes.tolist() != [[0, 1]]):
            what = {
                "binary": "a 1-D y, a plain binary problem",
                "column": "a y of one column with two codes",
            }.get(space.form, "columns without names")
            raise LabelError(
                f"{method} needs labels with names, but this tagger was fitted on {what}. Fit it "
                f"on label sets or a DataFrame, or set the parameter labels, and fit again."
            )

    def _part_for_new(self, known: Sequence[str]) -> Self:
        """Make an unfitted copy for new labels: dicts by label name without the known ones."""
        part = clone(self)
        settings: dict[str, Any] = {"labels": None}
        for name in ("threshold", "class_weight"):
            value = getattr(self, name)
            if isinstance(value, Mapping):
                settings[name] = {label: v for label, v in value.items() if label not in known}
            elif np.ndim(value):
                settings[name] = 0.5  # thresholds of the known labels
        return part.set_params(**settings)

    def _set_models(self, kept: IntArray, added: Self | None) -> None:
        """Keep some labels, add those of another fitted tagger, and set the fitted state."""
        space = self._label_space
        names, thresholds = space.label_names[kept], self.thresholds_[kept]
        n_samples, *counts = self._n_seen
        counts = [count[kept] for count in counts]
        models = self._change_models(kept, added)
        if added is not None:
            names = np.concatenate([names, added.label_names_])
            thresholds = np.concatenate([thresholds, added.thresholds_])
            n_samples += added._n_seen[0]
            counts = [np.concatenate(both) for both in zip(counts, added._n_seen[1:], strict=True)]
        form = "indicator" if space.form == "column" else space.form
        changed = {**models, "_n_seen": (n_samples, *counts), "thresholds_": thresholds}
        self.__dict__ = {**vars(self), **changed}
        self._set_labels(LabelSpace.of(names, form=form))

    def _set_labels(self, space: LabelSpace) -> None:
        self._label_space, self.classes_ = space, space.classes
        self.label_names_ = space.label_names


def _known_names(parameter: str, names: Any, known: Sequence[str]) -> list[str]:
    names = read_names(parameter, names)
    options = set(known)
    other = [name for name in names if name not in options]
    if other:
        raise LabelError(
            f"{parameter} holds {shown(other[0])}, which is not a label of the tagger: "
            f"{listing(known)}.{did_you_mean(other[0], known)}"
        )
    return names


def _refuse_known_names(space: LabelSpace, known: Sequence[str]) -> None:
    """Refuse new labels without names, or with a name that is known already."""
    if not space.named:
        raise LabelError(
            "add_labels needs the names of the new labels, but y has none. Pass label sets, or a "
            "DataFrame with the names as columns."
        )
    before = set(known)
    twice = [name for name in space.label_names if name in before]
    if twice:
        raise LabelError(
            f"y holds labels that the tagger knows already: {listing(twice)}. Leave them out of "
            f"y: their models stay as they are. To learn them again, drop_labels first."
        )
