"""Plots of the data, the training and the results of taggers, drawn with matplotlib.

They follow scikit-learn's Display API: ``from_...`` computes the numbers and draws them, the
numbers are attributes, `plot` draws them again, and `ax_` and `figure_` are the axes and the
figure. If there are too many labels to distinguish, those with the most positives are drawn and
the others are combined as "… N other labels".

matplotlib (``pip install "skmultitext[plot]"``) is imported when something is drawn; its global
settings are not changed and no window is opened. Without `ax`, pyplot makes a figure and keeps it
until ``matplotlib.pyplot.close(display.figure_)``: close the figures that you make in a loop.
"""

from ._calibration import MultilabelCalibrationDisplay
from ._label_cooccurrence import LabelCooccurrenceDisplay
from ._label_frequency import LabelFrequencyDisplay
from ._precision_recall import MultilabelPrecisionRecallDisplay
from ._roc import MultilabelRocDisplay
from ._tagger_comparison import TaggerComparisonDisplay
from ._text_length import TextLengthDisplay
from ._threshold_curve import ThresholdCurveDisplay
from ._training_history import TrainingHistoryDisplay

__all__ = [
    "LabelCooccurrenceDisplay",
    "LabelFrequencyDisplay",
    "MultilabelCalibrationDisplay",
    "MultilabelPrecisionRecallDisplay",
    "MultilabelRocDisplay",
    "TaggerComparisonDisplay",
    "TextLengthDisplay",
    "ThresholdCurveDisplay",
    "TrainingHistoryDisplay",
]


def __dir__() -> list[str]:
    return __all__
