"""Saved models on the command line: errors name the model."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["about_model", "load_model", "named"]


def load_model(path: str) -> Any:
    """Load a saved model."""
    from ..persistence import load

    with named(path):
        return load(path)


def about_model(path: str) -> tuple[dict[str, Any], str]:
    """Read the manifest and the card of a saved model."""
    from ..persistence._about import read_about

    with named(path):
        return read_about(path)


@contextmanager
def named(path: str) -> Iterator[None]:
    """Put the path before the message of an error, which is about the content alone."""
    from ..exceptions import MissingExtraError, ModelFileError

    try:
        yield
    except (MissingExtraError, ModelFileError) as error:
        raise type(error)(f"{path}: {error}") from error
