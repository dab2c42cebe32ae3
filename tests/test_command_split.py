"""split: whole rows, on the sides of multilabel_train_test_split."""

from command_runs import TICKETS, fail, run

from skmultitext.datasets import read_label_column_csv
from skmultitext.model_selection import multilabel_train_test_split


def test_rows_are_copied_to_their_sides(capsys, tmp_path, tickets):
    code, _, err = run(capsys, "split", TICKETS, "--test", "0.2", "-o", tmp_path, "--seed", "1")
    assert code == 0
    assert "mean relative label deviation 0.0" in err
    sides = multilabel_train_test_split(
        tickets.data, stratify=tickets.target, test_size=0.2, random_state=1
    )
    for name, side in zip(("train", "test"), sides, strict=True):
        path = tmp_path / f"support_tickets-{name}.csv"
        read = read_label_column_csv(path, label_separator=" ")
        assert sorted(read.data) == sorted(side)
        place = dict(zip(tickets.data, tickets.label_sets, strict=True))
        assert [place[text] for text in read.data] == read.label_sets
    assert "exists; pass --force" in fail(capsys, "split", TICKETS, "-o", tmp_path)
    assert "is not a folder" in fail(capsys, "split", TICKETS, "-o", tmp_path / "none")
