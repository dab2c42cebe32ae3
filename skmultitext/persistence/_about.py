"""What a saved model says about itself, read without its libraries."""

import os
from pathlib import Path
from typing import Any

from ._manifest import CARD, MANIFEST, MOST_JSON, read_manifest
from ._replacing import find_model
from ._store import open_model

__all__ = ["read_about"]


def read_about(path: str | os.PathLike[str]) -> tuple[dict[str, Any], str]:
    """Read the manifest and the model card, which the author may have edited."""
    with open_model(find_model(Path(path))) as reader:
        manifest = read_manifest(reader.read(MANIFEST, MOST_JSON))
        return manifest, reader.read(CARD, MOST_JSON).decode("utf-8", "replace")
