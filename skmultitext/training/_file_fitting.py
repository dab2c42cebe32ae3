"""What `fit_files` of every network does before it reads: checks, files, names of the labels."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._gate.labels import LabelSpace, read_names
from .._gate.samples import TrainingData
from .._runtime.checkpoints import starting_generator
from ..datasets._data_file import DataFile
from ..datasets._lines import DataSource
from ..datasets._training_files import FileLabels, open_files
from ._fitting import warn_unused

__all__ = ["data_of_files", "open_training_files"]


def open_training_files(
    tagger: Any,
    text_path: DataSource,
    labels_path: DataSource | None,
    validation: DataSource | Sequence[DataSource] | None,
    format: str,
    reader_options: Mapping[str, Any] | None,
) -> tuple[DataFile, DataFile | None, list[str] | None]:
    """Check parameters; open the files; read the names that the parameter `labels` gives."""
    tagger._validate_params()
    if tagger.early_stopping and validation is None:
        raise ValueError(
            "early_stopping=True needs validation files: pass validation=, or set "
            "early_stopping=False and max_epochs to what you want."
        )
    warn_unused(tagger, _unused(tagger, validation), dicts=tagger._dict_parameters)
    files, held = open_files(text_path, labels_path, validation, format, reader_options)
    return files, held, None if tagger.labels is None else read_names("labels", tagger.labels)


def _unused(tagger: Any, validation: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    for reason, names in tagger._unused_parameters():
        if reason != "no validation data":
            yield reason, names
    yield "fit_files holds nothing out", ("validation_fraction",)
    if validation is None:
        yield "no validation files", ("monitor", "validate_every")


def data_of_files(tagger: Any, X: Any, labels: FileLabels, held: DataFile | None) -> TrainingData:
    """Make the data of a fit whose texts and labels are in files."""
    data: TrainingData = tagger._training_data(
        X,
        None,
        LabelSpace.of(labels.label_names, form="label_sets"),
        counts=labels.counts,
        held=held,
        held_unknown=held is not None and held.options.get("unlabeled") == "unknown",
        random_state=starting_generator(tagger.random_state, tagger.checkpoint_dir),
    )
    return data
