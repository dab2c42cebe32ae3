"""What goes from the driver to the workers, which must have the same versions."""

import pickle
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Self
from uuid import uuid4

import numpy
import scipy
import sklearn

from .._runtime.pickling import own_version
from ..exceptions import PartitionError

__all__ = ["Shipped", "installed_versions", "refuse_other_versions"]


def installed_versions() -> dict[str, str]:
    """Return the versions on which results depend, by library."""
    return {
        "python": ".".join(platform.python_version_tuple()[:2]),
        "skmultitext": own_version(),
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
        "scikit-learn": sklearn.__version__,
    }


def refuse_other_versions(driver: Mapping[str, str]) -> None:
    """Raise a PartitionError unless this process has the versions of the driver."""
    here = installed_versions()
    others = [name for name in here if here[name] != driver.get(name)]
    if others:
        named = ", ".join(f"{name} {here[name]} (driver: {driver.get(name)})" for name in others)
        raise PartitionError(
            f"The worker {platform.node()} has {named}. Install the same versions on the driver "
            f"and on all workers."
        )


@dataclass(frozen=True)
class Shipped:
    """Values for all workers: pickled once, and unpickled once in a process.

    Pickles are opened only where the versions are those of the driver.
    """

    id: str
    versions: Mapping[str, str] = field(compare=False)
    pickled: bytes = field(compare=False, repr=False)

    @classmethod
    def of(cls, values: tuple[Any, ...]) -> Self:
        """Pickle values."""
        return cls(uuid4().hex, installed_versions(), pickle.dumps(values, protocol=5))

    def values(self) -> tuple[Any, ...]:
        """Return the values, which must not be changed: other partitions share them."""
        refuse_other_versions(self.versions)
        return _unpickled(self)


@lru_cache(maxsize=2)
def _unpickled(shipped: Shipped) -> tuple[Any, ...]:
    values: tuple[Any, ...] = pickle.loads(shipped.pickled)
    return values
