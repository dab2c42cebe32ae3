"""Pickles that know the version of this package that wrote them, as scikit-learn's do."""

import warnings

import skmultitext

from .exceptions import InconsistentModelWarning

__all__ = ["VersionedPickle", "own_version"]

_KEY = "_skmultitext_version"


def own_version():
    """Find the version of this package.

    Returns
    -------
    str
    """
    return skmultitext.__version__


class VersionedPickle:
    """Puts the version of this package into pickles, and warns where another one reads them.

    It stands left of scikit-learn's BaseEstimator, which does the same for its own classes only.
    """

    def __getstate__(self):
        return {**super().__getstate__(), _KEY: own_version()}

    def __setstate__(self, state):
        state = dict(state)
        written = state.pop(_KEY, "before 0.1.0")
        if written != own_version():
            warnings.warn(
                InconsistentModelWarning(
                    "skmultitext", type(self).__name__, own_version(), written
                ),
                stacklevel=2,
            )
        super().__setstate__(state)
