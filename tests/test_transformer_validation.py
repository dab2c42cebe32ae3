"""Validation of a transformer on a file gives the scores of validation in memory."""

import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")

import transformer_toys as toys


@pytest.mark.parametrize("freeze", ["none", "encoder"])
def test_scores_on_a_file_are_those_in_memory(tmp_path, freeze):
    texts, y = toys.make_texts(60)
    held, y_held = toys.make_texts(40, seed=1)
    for name, lines, rows in (("train", texts, y), ("held", held, y_held)):
        (tmp_path / f"{name}.txt").write_text("\n".join(lines) + "\n")
        table = "\n".join(",".join(map(str, row)) for row in rows.tolist())
        (tmp_path / f"{name}.labels").write_text(table + "\n")
    train, dev = (
        (tmp_path / f"{name}.txt", tmp_path / f"{name}.labels") for name in ("train", "held")
    )
    options = {
        "freeze": freeze,
        "monitor": ["f1_micro", "roc_auc_macro"],
        "early_stopping": True,
        "validate_every": 5,
        "max_epochs": 3,
    }
    files = toys.tiny(**options).fit_files(*train, validation=dev)
    memory = toys.tiny(**options).fit(texts, y, validation_data=(held, y_held))
    names = ["loss", "validation_loss", "validation_f1_micro", "validation_roc_auc_macro"]
    assert len(files.history_) == len(memory.history_) > 0
    for ours, theirs in zip(files.history_, memory.history_, strict=True):
        for name in names:
            assert ours[name] == pytest.approx(theirs[name], rel=1e-5), name
