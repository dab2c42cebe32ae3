"""A Hugging Face encoder with a dense head 100-50-6 under TensorFlow: a published notebook.

    python examples/reproductions/dense_head.py [train.csv] [--checkpoint DIRECTORY] [--plots DIR]

The article uses only the toxic comments with a label, adds two hidden layers of 100 and 50 units
and six outputs to the encoder, and shows ROC-AUC, a classification report and the loss. Without a
checkpoint, the script trains a two-layer encoder from random weights, on generated comments.
"""

import argparse
import tempfile
from pathlib import Path

import _comments

from skmultitext import TransformerTagger
from skmultitext.metrics import roc_auc_score
from skmultitext.model_selection import multilabel_train_test_split
from skmultitext.report import multilabel_report


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    _comments.add_arguments(parser)
    parser.add_argument("--checkpoint", help="directory or hub name, else a small one")
    parser.add_argument("--framework", default="tensorflow", choices=("tensorflow", "torch"))
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--learning-rate", type=float, help="5e-5, or 2e-3 for the small one")
    parser.add_argument("--plots", type=Path, help="folder for the plot of the loss")
    options = parser.parse_args()
    comments = _comments.load(options)
    labelled = comments.target.any(axis=1)
    texts = [text for text, keep in zip(comments.data, labelled, strict=True) if keep]
    y = comments.target[labelled]
    print(f"{len(texts)} of {len(comments.data)} comments have a label")
    train, test, y_train, y_test = multilabel_train_test_split(
        texts, y, test_size=0.2, random_state=0
    )
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = options.checkpoint or small(folder, train)
        tagger = TransformerTagger(
            checkpoint,
            framework=options.framework,
            head_params={"head_layers": (100, 50)},
            learning_rate=options.learning_rate or (5e-5 if options.checkpoint else 2e-3),
            max_epochs=1 if options.smoke else options.epochs,
            early_stopping=True,
            random_state=0,
        ).fit(train, y_train)
    proba = tagger.predict_proba(test)
    for average in ("micro", "macro"):
        score = roc_auc_score(y_test, proba, average=average, undefined="zero")
        print(f"ROC-AUC, {average}: {score:.3f}")
    print(multilabel_report(y_test, proba, label_names=comments.target_names, undefined="zero"))
    for record in tagger.history_:
        print(
            f"epoch {record['epoch']}: loss {record['loss']:.4f}, "
            f"validation loss {record['validation_loss']:.4f}"
        )
    if options.plots:
        from skmultitext.display import TrainingHistoryDisplay

        options.plots.mkdir(parents=True, exist_ok=True)
        names = ["loss", "validation_loss"]
        display = TrainingHistoryDisplay.from_estimator(tagger, metrics=names)
        display.figure_.savefig(options.plots / "loss.png", dpi=150, bbox_inches="tight")


def small(folder, texts):
    from _checkpoints import small_checkpoint

    return small_checkpoint(folder, "bert", texts)


if __name__ == "__main__":
    main()
