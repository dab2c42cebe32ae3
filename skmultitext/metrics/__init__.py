"""Scores of multi-label decisions and probabilities, and scorers for searches.

A scorer is named after its function, without ``_score``: ``f1_macro`` is `f1_score` with
``average="macro"``, ``neg_hamming_loss`` is minus `hamming_loss`, ``precision_at_5`` is
`precision_at_k` with ``k=5``. `get_scorer` makes a scorer from such a name.

Functions with the same name as one in `sklearn.metrics` compute the same score, except `log_loss`
(see there). They also accept label sets, DataFrames and lists of arrays; their default average is
macro, because "binary" has no meaning for several labels; and they treat labels whose score is
undefined differently.

**Undefined scores.** A rare label may have no positive in the documents that are scored.
scikit-learn then counts 0 or gives nan, and with nan a search selects its first candidate. Here:

===================================  ==========================  ==================================
score                                average                     undefined for a label with
===================================  ==========================  ==================================
precision, recall, F1, Jaccard,      macro, None                 no positive in y_true
average precision
area under the ROC curve             macro, None                 no positive, or no negative
area under the ROC curve             weighted                    no negative (no positive: weight 0)
precision, recall, F1, Jaccard,      weighted                    never: no positive means weight 0
average precision
precision, recall, F1, Jaccard,      micro                       never: its false positives count;
average precision, ROC                                           undefined without any positive
precision, recall, F1, Jaccard       samples                     never: documents are averaged
exact match, Hamming loss, log loss  (one score)                 never: no parameter `undefined`
and all others of whole documents
===================================  ==========================  ==================================

==================  ===============================================================================
``undefined=``      treatment of such labels
==================  ===============================================================================
``"skip"``          left out of the mean (nan with ``average=None``), and named in an
                    `AbsentLabelWarning`
``"zero"``          counted as 0, as in scikit-learn
``"raise"``         `LabelError`
==================  ===============================================================================

If the score is undefined for every label, it is 0.0, with a warning for ``"skip"``, or an error for
``"raise"``. It is never nan: whether a score is defined depends on y_true alone, so every candidate
of a search gets the same 0.0 in that fold, and the other folds decide.

**Unknown labels.** NaN in an indicator of true labels marks an unknown entry. Scores ignore it:

- scores of one label, and their macro and weighted averages, use the documents where the label is
  known;
- micro averages, Hamming loss, binary accuracy, log loss and Brier score pool all known entries;
- exact match, samples averages, and rankings of the labels of a document use its known labels.

An `UnknownLabelWarning` counts documents without a known label, which are left out, and names
labels without a known entry, whose scores are undefined. NaN in decisions, probabilities or scores
is an error.

`recall_at_k`, `r_precision` and `ndcg_at_k` are averaged over documents and are undefined for a
document without a label: ``undefined="skip"`` leaves it out, ``"zero"`` counts it as 0.

A label that is *never predicted* is a different case: its precision is 0/0 and counts as
`zero_division`, 0.0 by default, without a warning. A label in y_true that the tagger does not know
gets a column of its own, in which it is never predicted and has the lowest score: it counts as
missed.
"""

from ._at_k import ndcg_at_k, precision_at_k, r_precision, recall_at_k
from ._comparison import TaggerComparison, compare_taggers
from ._curves import average_precision_score, roc_auc_score
from ._hierarchical import (
    hierarchical_f1_score,
    hierarchical_precision_score,
    hierarchical_recall_score,
)
from ._label_ranking import (
    coverage_error,
    label_ranking_average_precision_score,
    label_ranking_loss,
)
from ._precision_recall import f1_score, jaccard_score, precision_score, recall_score
from ._probability_scores import brier_score_loss, expected_calibration_error, log_loss
from ._propensities import label_propensities, psp_at_k
from ._scorers import SCORERS, get_scorer
from ._scores import binary_accuracy, exact_match, hamming_loss, subset_zero_one_loss
from ._streaming import StreamingMetrics

__all__ = [
    "SCORERS",
    "StreamingMetrics",
    "TaggerComparison",
    "average_precision_score",
    "binary_accuracy",
    "brier_score_loss",
    "compare_taggers",
    "coverage_error",
    "exact_match",
    "expected_calibration_error",
    "f1_score",
    "get_scorer",
    "hamming_loss",
    "hierarchical_f1_score",
    "hierarchical_precision_score",
    "hierarchical_recall_score",
    "jaccard_score",
    "label_propensities",
    "label_ranking_average_precision_score",
    "label_ranking_loss",
    "log_loss",
    "ndcg_at_k",
    "precision_at_k",
    "precision_score",
    "psp_at_k",
    "r_precision",
    "recall_at_k",
    "recall_score",
    "roc_auc_score",
    "subset_zero_one_loss",
]


def __dir__() -> list[str]:
    return __all__
