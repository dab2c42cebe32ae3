"""Draw labels.png of the first page, two displays of a corpus: python docs/draw_labels.py."""

from pathlib import Path

import matplotlib.pyplot as plt

from skmultitext.datasets import load_support_tickets
from skmultitext.display import LabelCooccurrenceDisplay, LabelFrequencyDisplay

TARGET = Path(__file__).parent / "_static" / "labels.png"

if __name__ == "__main__":
    tickets = load_support_tickets()
    figure, axes = plt.subplots(2, 1, figsize=(7, 8.5), height_ratios=[2, 3], layout="constrained")
    LabelFrequencyDisplay.from_labels(tickets.label_sets, ax=axes[0])
    LabelCooccurrenceDisplay.from_labels(tickets.label_sets, ax=axes[1])
    figure.savefig(TARGET, dpi=100)
