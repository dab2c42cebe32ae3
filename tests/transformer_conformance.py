"""The conformance checks of a slow tagger, one test item each, so that workers share them."""

from skmultitext.testing._checks import CHECKS
from skmultitext.testing._runner import _run, _subject

# of estimators with max_iter, and of those that fit each label by itself
NOT_APPLYING = {"check_n_iter", "check_independent_labels"}
NAMES = [name for name in CHECKS if name not in NOT_APPLYING]


def make_subjects(taggers):
    """What checks ask: the tagger of each kind, with the models that checks share."""
    subjects = {kind: _subject(tagger, "auto") for kind, tagger in taggers.items()}
    for subject in subjects.values():
        assert {n for n, c in CHECKS.items() if not c.applies_to(subject)} == NOT_APPLYING
    return subjects


def assert_passes(subject, name, expected):
    """Run one check; those in `expected`, with the reason, may fail."""
    result = _run(CHECKS[name], subject, expected)
    if result["status"] == "failed":
        raise result["exception"]
    assert result["status"] in ("passed", "xfail"), result
