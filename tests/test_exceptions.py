"""Base classes of the errors and warnings, for scikit-learn and for except clauses."""

import pickle
import warnings

import pytest
from sklearn.exceptions import InconsistentVersionWarning, UndefinedMetricWarning

from skmultitext import exceptions
from skmultitext.exceptions import InconsistentModelWarning

BASES = {
    "AbsentLabelWarning": UndefinedMetricWarning,
    "ContradictoryLabelWarning": UserWarning,
    "DataFileError": ValueError,
    "DocumentError": ValueError,
    "InconsistentModelWarning": InconsistentVersionWarning,
    "LabelError": ValueError,
    "MissingExtraError": ImportError,
    "ModelFileError": ValueError,
    "PartitionError": ValueError,
    "RareLabelWarning": UserWarning,
    "SkippedRowsWarning": UserWarning,
    "UnknownLabelWarning": UserWarning,
    "UnusedHierarchyWarning": UserWarning,
}


@pytest.mark.parametrize("name", exceptions.__all__)
def test_every_class_can_be_caught_as_what_it_is(name):
    found = getattr(exceptions, name)
    assert issubclass(found, BASES[name])
    assert issubclass(found, Warning) == name.endswith("Warning")


def test_nothing_is_left_out():
    defined = {
        name
        for name, value in vars(exceptions).items()
        if isinstance(value, type) and value.__module__ == exceptions.__name__
    }
    assert defined == set(exceptions.__all__) == set(BASES)


@pytest.mark.parametrize("name", sorted(set(BASES) - {"InconsistentModelWarning"}))
def test_a_message_comes_back_from_a_worker(name):
    error = pickle.loads(pickle.dumps(getattr(exceptions, name)("row 3 is missing")))
    assert type(error).__name__ == name
    assert str(error) == "row 3 is missing"


def test_another_version_is_told_with_both_numbers():
    warning = InconsistentModelWarning("scikit-learn", "TfidfLogRegTagger", "1.9.0", "1.8.1")
    assert str(warning) == (
        "This TfidfLogRegTagger was written with scikit-learn 1.8.1; the installed version is "
        "1.9.0. Results may differ, or be wrong: fit it again, or install that version."
    )
    assert (warning.current_version, warning.written_version) == ("1.9.0", "1.8.1")
    with pytest.warns(InconsistentVersionWarning, match=r"scikit-learn 1\.8\.1; the installed"):
        warnings.warn(warning, stacklevel=1)
