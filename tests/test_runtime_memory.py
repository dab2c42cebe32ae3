"""What this process may use of the memory."""

import pytest

from skmultitext._runtime import memory


def test_the_least_of_all_limits_counts(tmp_path, monkeypatch):
    physical = memory.memory_limit()
    assert physical is None or physical > 2**28
    group = tmp_path / "memory.max"
    monkeypatch.setattr(memory, "_CGROUP", group)
    whole = memory.memory_limit()
    for text, expected in (("max\n", whole), ("1048576\n", 2**20)):
        group.write_text(text)
        assert memory.memory_limit() == expected


def test_the_address_space_is_a_limit(tmp_path, monkeypatch):
    resource = pytest.importorskip("resource", reason="needs POSIX")
    monkeypatch.setattr(memory, "_CGROUP", tmp_path / "none")
    monkeypatch.setattr(resource, "getrlimit", lambda what: (2**21, resource.RLIM_INFINITY))
    assert memory.memory_limit() == 2**21


def test_an_array_beyond_the_limit_is_refused(monkeypatch):
    monkeypatch.setattr(memory, "memory_limit", lambda: 2**30)
    memory.refuse_too_large("coef_", 2**30, "Use less.")
    with pytest.raises(MemoryError, match=r"^coef_ would take 1\.5 GiB of memory, but this proc"):
        memory.refuse_too_large("coef_", 1.5 * 2**30, "Use less.")
    monkeypatch.setattr(memory, "memory_limit", lambda: None)
    memory.refuse_too_large("coef_", 1e30, "Use less.")
