"""How much memory this process may use."""

import os
from contextlib import suppress
from pathlib import Path

__all__ = ["memory_limit", "refuse_too_large"]

_GIB = 2**30
_CGROUP = Path("/sys/fs/cgroup/memory.max")  # of a container


def memory_limit() -> int | None:
    """Bytes of memory that this process may have at most; None where the system does not tell."""
    limits = []
    with suppress(AttributeError, ValueError, OSError):  # Windows has no sysconf
        limits.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    with suppress(OSError, ValueError):  # "max" where there is no limit
        limits.append(int(_CGROUP.read_text(encoding="ascii")))
    with suppress(ImportError):
        import resource

        own = resource.getrlimit(resource.RLIMIT_AS)[0]
        limits += [] if own == resource.RLIM_INFINITY else [own]
    return min(limits, default=None)


def refuse_too_large(what: str, n_bytes: float, remedy: str) -> None:
    """Raise a MemoryError for an array that this process cannot hold, before it is filled."""
    limit = memory_limit()
    if limit is not None and n_bytes > limit:
        raise MemoryError(
            f"{what} would take {n_bytes / _GIB:.1f} GiB of memory, but this process has at most "
            f"{limit / _GIB:.1f} GiB. {remedy}"
        )
