"""What goes from the driver to the workers, which must have the same versions."""

import pickle
import platform
from collections.abc import Mapping
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


class Shipped:
    """Values for all workers: pickled once, and unpickled once by the tasks that share this object.

    Pickles are opened only where the versions are those of the driver.
    """

    def __init__(self, pickled: Any, versions: Mapping[str, str], id: str) -> None:
        self.pickled, self.versions, self.id = pickled, versions, id
        self._values: tuple[Any, ...] | None = None

    @classmethod
    def of(cls, values: tuple[Any, ...]) -> Self:
        """Pickle values."""
        return cls(pickle.dumps(values, protocol=5), installed_versions(), uuid4().hex)

    def values(self) -> tuple[Any, ...]:
        """Return the values, which must not be changed: other partitions share them."""
        refuse_other_versions(self.versions)
        if self._values is None:
            self._values = pickle.loads(self.pickled)
        return self._values

    def pieces(self, size: int) -> list[bytes]:
        """Cut the pickle into pieces."""
        return [self.pickled[i : i + size] for i in range(0, len(self.pickled), size)]

    def without_pickle(self) -> Self:
        """Return what `joined` needs beside the pieces."""
        return type(self)(b"", self.versions, self.id)

    def joined(self, pieces: list[bytes]) -> Self:
        """Put the pieces together again."""
        return type(self)(b"".join(pieces), self.versions, self.id)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Shipped) and other.id == self.id

    def __hash__(self) -> int:
        return hash(self.id)

    def __reduce__(self) -> Any:
        return type(self), (self.pickled, self.versions, self.id)

    def __sizeof__(self) -> int:
        """Count the pickle and the values, of about the same size."""
        return object.__sizeof__(self) + 2 * len(self.pickled)
