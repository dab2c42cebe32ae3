"""Small files of texts and one-hot rows, and a small network that is trained on them."""

from skmultitext.datasets import make_multilabel_text

TINY = {
    "encoder": "mean",
    "embedding_dim": 16,
    "learning_rate": 0.02,
    "batch_size": 16,
    "max_epochs": 3,
    "early_stopping": False,
    "random_state": 0,
}


def write_corpus(folder):
    """Write files of texts and one-hot rows, to train and to validate on; return the folder."""
    for name, n, seed in (("train", 300, 0), ("dev", 80, 1)):
        bunch = make_multilabel_text(
            n, n_labels=3, n_words=10, vocabulary_size=200, random_state=seed
        )
        (folder / f"{name}.txt").write_text("\n".join(bunch.data) + "\n")
        rows = [",".join(map(str, row)) for row in bunch.target.tolist()]
        (folder / f"{name}.labels").write_text("\n".join(rows) + "\n")
    return folder


def paths(corpus, name):
    return corpus / f"{name}.txt", corpus / f"{name}.labels"
