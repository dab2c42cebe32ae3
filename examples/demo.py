"""Fit a tagger, print labels and scores, write plots and a report: `make demo`."""

import sys
from pathlib import Path

import matplotlib.pyplot as plt

from skmultitext import TfidfLogRegTagger
from skmultitext.datasets import load_support_tickets
from skmultitext.display import LabelFrequencyDisplay, MultilabelPrecisionRecallDisplay
from skmultitext.model_selection import multilabel_train_test_split
from skmultitext.report import multilabel_report

NEW_MESSAGES = [
    "I was charged twice for one order, please send my money back",
    "The app crashes whenever I try to track my parcel",
    "Lovely yarn, thank you! But I can't log in any more, the reset mail never comes",
]


def main(folder):
    tickets = load_support_tickets()
    texts_train, texts_test, y_train, y_test = multilabel_train_test_split(
        tickets.data, tickets.label_sets, test_size=0.25, random_state=0
    )
    tagger = TfidfLogRegTagger(random_state=0).fit(texts_train, y_train)
    print(f"{len(texts_train)} messages for training, {len(texts_test)} for testing\n")
    report = multilabel_report(
        y_test,
        tagger.predict_proba(texts_test),
        label_names=tagger.label_names_,
        texts=texts_test,
    )
    print(report)

    print()
    for message, labels in zip(NEW_MESSAGES, tagger.predict_labels(NEW_MESSAGES), strict=True):
        print(f"{message!r}\n    -> {', '.join(labels) or 'no label'}")

    folder.mkdir(parents=True, exist_ok=True)
    displays = {
        "label_frequency.png": LabelFrequencyDisplay.from_labels(tickets.label_sets),
        "precision_recall.png": MultilabelPrecisionRecallDisplay.from_estimator(
            tagger, texts_test, y_test
        ),
    }
    for name, display in displays.items():
        display.figure_.savefig(folder / name, dpi=150, bbox_inches="tight")
        plt.close(display.figure_)
    print(f"\nplots: {', '.join(str(folder / name) for name in displays)}")
    print(f"report to open in a browser: {report.to_html(folder / 'report.html')}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo_output"))
