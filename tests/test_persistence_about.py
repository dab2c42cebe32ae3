"""The manifest and the card of a saved model, without its libraries."""

import pytest
from command_runs import saved_tickets

from skmultitext.persistence._about import read_about


def test_manifest_and_card_are_read_as_they_are(tmp_path):
    path = saved_tickets(tmp_path)
    (path / "README.md").write_bytes(b"# Mine \xff\n")
    manifest, card = read_about(path)
    assert manifest["class"] == "skmultitext.TfidfLogRegTagger"
    assert card == "# Mine \N{REPLACEMENT CHARACTER}\n"
    with pytest.raises(FileNotFoundError, match="There is no saved model at"):
        read_about(tmp_path / "none")
