"""Labels are handed to any estimator, with their names where it asks for them."""

from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skmultitext import TfidfLogRegTagger, TunedThresholdTaggerCV


def test_label_names_reach_a_tagger_inside(tickets):
    label = tickets.target_names[0]
    inner = make_pipeline(FunctionTransformer(), TfidfLogRegTagger(class_weight={label: 50.0}))
    tagger = TunedThresholdTaggerCV(inner, cv=2, n_jobs=2).fit(tickets.data, tickets.label_sets)
    assert list(tagger.estimator_[-1].label_names_) == list(tagger.label_names_)
    plain = TunedThresholdTaggerCV(TfidfLogRegTagger(), cv=2)
    plain.fit(tickets.data, tickets.label_sets)
    j = list(tagger.label_names_).index(label)
    assert tagger.best_thresholds_[j] > plain.best_thresholds_[j]
