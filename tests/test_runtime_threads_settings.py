"""Changes for the whole process: made by the first thread in, undone by the last one out."""

import threading
import warnings
from contextlib import contextmanager

import pytest

from skmultitext._runtime.threads import SharedSetting, ignored_warnings
from skmultitext.exceptions import AbsentLabelWarning, RareLabelWarning


def overlap(first, second):
    """Enter, then enter in another thread; leave here before the other thread leaves."""
    entered, leave = threading.Event(), threading.Event()

    def other():
        with second():
            entered.set()
            leave.wait(120)

    thread = threading.Thread(target=other)
    with first():
        thread.start()
        assert entered.wait(120)
    yield
    leave.set()
    thread.join()


def test_the_last_thread_out_restores():
    told = []

    @contextmanager
    def change():
        told.append("made")
        yield
        told.append("undone")

    setting = SharedSetting(change)
    for _ in overlap(lambda: setting, lambda: setting):
        assert told == ["made"]
    assert told == ["made", "undone"]
    with pytest.raises(KeyError), setting:
        raise KeyError
    assert told == ["made", "undone"] * 2


def test_a_change_that_fails_leaves_nothing_behind():
    fails = [True]

    @contextmanager
    def change():
        if fails.pop() if fails else False:
            raise OSError("no")
        yield

    setting = SharedSetting(change)
    with pytest.raises(OSError, match="no"), setting:
        pass
    with setting:
        pass


@pytest.mark.parametrize("kinds", [(RareLabelWarning,) * 2, (RareLabelWarning, AbsentLabelWarning)])
def test_threads_that_overlap_leave_no_filter(kinds):
    before = list(warnings.filters)
    one, other = (lambda kind=kind: ignored_warnings(category=kind) for kind in kinds)
    for _ in overlap(one, other):
        with other():
            warnings.warn("not shown", kinds[1], stacklevel=1)
    assert warnings.filters == before
    with pytest.warns(kinds[1], match="shown"):
        warnings.warn("shown", kinds[1], stacklevel=1)


def test_filters_of_others_stay():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RareLabelWarning)  # equal to the one that is added
        own = list(warnings.filters)
        with ignored_warnings(category=RareLabelWarning):
            warnings.filterwarnings("error", message="added meanwhile")
        assert warnings.filters[1:] == own
        assert warnings.filters[0][0] == "error"


def test_another_thread_inside_catch_warnings_keeps_none_of_ours():
    before = list(warnings.filters)
    inner = ignored_warnings(category=RareLabelWarning)
    for _ in overlap(lambda: inner, warnings.catch_warnings):
        pass
    assert warnings.filters == before


def test_only_the_named_modules_are_ignored():
    with ignored_warnings(r"quiet(\.|$)"):
        warnings.warn_explicit("x", UserWarning, "f", 1, module="quiet.part")
        with pytest.warns(UserWarning, match="loud"):
            warnings.warn_explicit("loud", UserWarning, "f", 1, module="loudquiet")
