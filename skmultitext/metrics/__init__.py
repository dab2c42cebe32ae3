"""Scores for multi-label decisions and probabilities, and ready scorers for searches.

A score called ``f1_macro`` is the function `f1` with ``average="macro"``; ``neg_hamming_loss`` is
minus `hamming_loss`; ``precision_at_5`` is `precision_at_k` with ``k=5``. `get_scorer` makes a
scorer of such a name.

**Labels that are absent.** A rare label may have no positive in the documents that are scored.
scikit-learn then counts 0 or gives nan, and a nan makes a search pick its first candidate. Here:

===================================  ==========================  ==================================
score                                average                     a label is absent if it has
===================================  ==========================  ==================================
precision, recall, f1, jaccard,      macro, None                 no positive in y_true
average_precision
roc_auc                              macro, None                 no positive, or no negative
roc_auc                              weighted                    no negative (no positive: weight 0)
precision, recall, f1, jaccard,      weighted                    never: no positive means weight 0
average_precision
precision, recall, f1, jaccard,      micro                       never alone: its false positives
average_precision, roc_auc                                       count; all labels must lack one
precision, recall, f1, jaccard       samples                     never: documents are averaged
exact_match, hamming_loss, log_loss  (one score)                 never: no parameter `absent`
and all others
===================================  ==========================  ==================================

==================  ===============================================================================
``absent=``         what becomes of absent labels
==================  ===============================================================================
``"skip"``          left out of the mean (nan with ``average=None``), and named in an
                    `AbsentLabelWarning`
``"zero"``          counted as 0
``"raise"``         `LabelError`
==================  ===============================================================================

Where no label is left the score is 0.0, with a warning under ``"skip"``, and an error under
``"raise"``. It is not nan, nor an error that a search turns into nan: whether labels are absent
depends on y_true alone, so that every candidate gets the same 0.0 in that fold and the other
folds decide.

A label *never predicted* is another matter: its precision is 0/0 and counts as `zero_division`,
0.0 by default, without a warning. A label that a set in y_true names and the tagger never saw is
a column of its own, decided "no" with the lowest score throughout: it counts as missed.
"""

from ._comparison import TaggerComparison, compare_taggers
from ._curves import average_precision, roc_auc
from ._label_ranking import coverage_error, lrap, ranking_loss
from ._precision_recall import f1, jaccard, precision, recall
from ._probability_scores import brier, expected_calibration_error, log_loss
from ._ranking import ndcg_at_k, precision_at_k, r_precision, recall_at_k
from ._report import MultilabelReport, multilabel_report
from ._scorers import SCORERS, get_scorer
from ._scores import binary_accuracy, exact_match, hamming_loss, subset_zero_one_loss
from ._streaming import StreamingMetrics

__all__ = [
    "SCORERS",
    "MultilabelReport",
    "StreamingMetrics",
    "TaggerComparison",
    "average_precision",
    "binary_accuracy",
    "brier",
    "compare_taggers",
    "coverage_error",
    "exact_match",
    "expected_calibration_error",
    "f1",
    "get_scorer",
    "hamming_loss",
    "jaccard",
    "log_loss",
    "lrap",
    "multilabel_report",
    "ndcg_at_k",
    "precision",
    "precision_at_k",
    "r_precision",
    "ranking_loss",
    "recall",
    "recall_at_k",
    "roc_auc",
    "subset_zero_one_loss",
]
