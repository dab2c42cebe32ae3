"""The Kaggle toxic comments: the real file, or generated comments in the same format.

The file has the columns id, comment_text, toxic, severe_toxic, obscene, threat, insult and
identity_hate. Generated comments consist of made-up words; one in six has a label (of the real
comments, one in ten), and severely toxic comments are also toxic.
"""

import csv
from pathlib import Path
from tempfile import TemporaryDirectory

from skmultitext.datasets import make_multilabel_text, read_indicator_csv

LABELS = ["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"]
MOST_FREQUENT_FIRST = ["toxic", "obscene", "insult", "severe_toxic", "identity_hate", "threat"]


def add_arguments(parser):
    """Add the arguments that select the comments to a command line."""
    parser.add_argument("csv", nargs="?", help="train.csv of the challenge, else generated")
    parser.add_argument("--comments", type=int, default=3000, help="how many to generate")
    parser.add_argument("--smoke", action="store_true", help="few generated comments, seconds")


def load(options):
    """Read the comments selected by the arguments: a Bunch with data, target and target_names."""
    if options.csv:
        return read(options.csv)
    with TemporaryDirectory() as folder:
        path = Path(folder, "train.csv")
        generate(path, 400 if options.smoke else options.comments)
        return read(path)


def read(path):
    """Read the file of the challenge."""
    return read_indicator_csv(path, text_column="comment_text", id_column="id")


def generate(path, n_comments, random_state=0):
    """Write a file in this format."""
    made = make_multilabel_text(
        n_comments, n_labels=6, n_words=40, labels_per_text=0.2, random_state=random_state
    )
    column = {name: made.target[:, j] for j, name in enumerate(MOST_FREQUENT_FIRST)}
    column["toxic"] = column["toxic"] | column["severe_toxic"]
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["id", "comment_text", *LABELS])
        for i, text in enumerate(made.data):
            table.writerow([f"{i:016x}", text, *(column[name][i] for name in LABELS)])
