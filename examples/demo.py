"""Half a minute from nothing to labels, numbers and pictures: `make demo`."""

import sys
from pathlib import Path

import matplotlib.pyplot as plt

from skmultitext import TfidfLogRegTagger
from skmultitext.datasets import load_support_tickets
from skmultitext.display import LabelFrequencyDisplay, MultilabelPrecisionRecallDisplay
from skmultitext.metrics import exact_match, f1, hamming_loss, precision, recall
from skmultitext.model_selection import multilabel_train_test_split

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
    tagger = TfidfLogRegTagger(class_weight="balanced", random_state=0).fit(texts_train, y_train)
    y_pred = tagger.predict(texts_test)

    names = {"label_names": tagger.label_names_}
    print(f"{len(texts_train)} messages to learn from, {len(texts_test)} to test on\n")
    print(f"{'':17}{'precision':>10}{'recall':>10}{'F1':>10}{'support':>10}")
    columns = [score(y_test, y_pred, average=None, **names) for score in (precision, recall, f1)]
    for j, name in enumerate(tagger.label_names_):
        support = sum(name in labels for labels in y_test)
        print(f"{name:17}" + "".join(f"{c[j]:10.2f}" for c in columns) + f"{support:10}")

    print(f"\nexact match   {exact_match(y_test, y_pred, **names):.3f}")
    print(f"Hamming loss  {hamming_loss(y_test, y_pred, **names):.3f}")
    print(f"micro-F1      {f1(y_test, y_pred, average='micro', **names):.3f}")
    print(f"macro-F1      {f1(y_test, y_pred, average='macro', **names):.3f}\n")

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


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo_output"))
