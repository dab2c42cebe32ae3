"""Logging and progress bars are left as they were."""

import logging as std_logging
import threading
import warnings

import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")

import transformers

from skmultitext.transformer._frameworks import quiet_transformers


def test_transformers_is_quiet_and_gets_its_settings_back():
    logging = transformers.utils.logging
    before = logging.get_verbosity(), logging.is_progress_bar_enabled()
    with quiet_transformers():
        assert logging.get_verbosity() == std_logging.CRITICAL
        assert not logging.is_progress_bar_enabled()
        with pytest.warns(UserWarning, match="ours"):
            warnings.warn("ours", UserWarning, stacklevel=1)
    assert (logging.get_verbosity(), logging.is_progress_bar_enabled()) == before


def test_threads_that_overlap_leave_transformers_as_it_was():
    logging = transformers.utils.logging
    before = logging.get_verbosity(), logging.is_progress_bar_enabled(), list(warnings.filters)
    entered, leave = threading.Event(), threading.Event()

    def other():
        with quiet_transformers():
            entered.set()
            leave.wait(120)

    thread = threading.Thread(target=other)
    with quiet_transformers():
        thread.start()
        assert entered.wait(120)
    assert logging.get_verbosity() == std_logging.CRITICAL  # the other one is at work still
    leave.set()
    thread.join()
    after = logging.get_verbosity(), logging.is_progress_bar_enabled(), list(warnings.filters)
    assert after == before
