"""What Prometheus reads."""

import pytest
from served_models import running

from skmultitext import TfidfLogRegTagger
from skmultitext.serving import make_app
from skmultitext.serving._metrics import Metrics

httpx = pytest.importorskip("httpx")


def samples(text):
    """The samples of a page of metrics, by name and labels."""
    from prometheus_client.parser import text_string_to_metric_families

    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_requests_batches_and_labels_are_counted(ticket_tagger):
    texts = ["I was charged twice, please send my money back", "", ""]
    with running(make_app(ticket_tagger)) as url, httpx.Client(base_url=url, timeout=300) as client:
        client.post("/tag_batch", json={"texts": texts})
        client.post("/tag", json={"text": texts[0]})
        client.post("/tag", json={})
        client.get("/none")
        client.get("/none/2")
        answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    found = samples(answer.text)
    assert found["skmultitext_requests_total", "/tag_batch", "200"] == 1
    assert found["skmultitext_requests_total", "/tag", "200"] == 1
    assert found["skmultitext_requests_total", "/tag", "422"] == 1
    assert found["skmultitext_requests_total", "other", "404"] == 2
    assert found["skmultitext_request_seconds_count", "/tag"] == 2
    assert found["skmultitext_batch_texts_sum",] == 4
    assert found["skmultitext_batch_texts_count",] == found["skmultitext_batch_seconds_count",] == 2
    assert found["skmultitext_texts_waiting",] == 0
    assert found["skmultitext_texts_without_labels_total",] == 2
    labels = ticket_tagger.predict_labels(texts[:1])[0]
    for name in ticket_tagger.label_names_:
        assert found["skmultitext_labels_total", name] == (2 if name in labels else 0)


def test_a_failure_counts_as_500(ticket_tagger, monkeypatch):
    app = make_app(ticket_tagger)
    monkeypatch.setattr(TfidfLogRegTagger, "predict", lambda *_: 1 / 0)
    with running(app) as url:
        assert httpx.post(f"{url}/tag", json={"text": "late"}, timeout=300).status_code == 500
        found = samples(httpx.get(f"{url}/metrics", timeout=300).text)
    assert found["skmultitext_requests_total", "/tag", "500"] == 1


def test_hostile_and_many_label_names():
    names = ['a"\n\\', "\ud800", "b"]
    metrics = Metrics(names, lambda: 7)
    metrics.batch([names, ["b"]], 0.1)
    found = samples(metrics.written().decode())
    assert [found["skmultitext_labels_total", name] for name in ('a"\n\\', "?", "b")] == [1, 1, 2]
    assert found["skmultitext_texts_waiting",] == 7
    many = Metrics([str(j) for j in range(1001)], lambda: 0)
    many.batch([["5"]], 0.1)
    assert "skmultitext_labels_total" not in many.written().decode()
