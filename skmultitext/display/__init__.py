"""Displays: the data, the course of training and the results of taggers, drawn with matplotlib.

They follow scikit-learn's Display API: ``from_...`` computes the numbers and draws them, the
numbers are attributes, `plot` draws them again, and `ax_` and `figure_` hold what was drawn on.
Where there are more labels than can be read, those with the most positives are drawn and the
others stand together as "… N other labels".

matplotlib (``pip install "skmultitext[plot]"``) is loaded when something is drawn; none of its
global settings is changed and no window is opened. A display that is given no `ax` makes a figure
with pyplot, which keeps it until ``matplotlib.pyplot.close(display.figure_)``: close the figures
that you make in a loop.
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
