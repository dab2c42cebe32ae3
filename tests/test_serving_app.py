"""The endpoints of a served model."""

import asyncio
import threading

import numpy as np
import pytest
from served_models import JSON, running, wait_for
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import skmultitext
from skmultitext import FixedThresholdTagger, TfidfLogRegTagger
from skmultitext.inspection import explain
from skmultitext.persistence import model_card
from skmultitext.serving import make_app

httpx = pytest.importorskip("httpx")
WAITING = "skmultitext_texts_waiting"
TEXT = "I was charged twice, please refund me"
HARD = ["", "   ", "\x00", "日本語 \N{PILE OF POO}", "e\u0301\u202e", "<script>", "x" * 2000, TEXT]


@pytest.fixture(scope="module")
def client(ticket_tagger):
    """A client of the served tagger."""
    app = make_app(ticket_tagger, max_length=2000, max_texts=50, max_bytes=30_000, timeout=60)
    with running(app) as url, httpx.Client(base_url=url, timeout=300) as client:
        yield client


def assert_equal(answers, tagger, texts):
    """The answers are those of the tagger, to the last bit."""
    names, proba = list(tagger.label_names_), tagger.predict_proba(texts)
    assert [tuple(one["labels"]) for one in answers] == tagger.predict_labels(texts)
    assert [list(one["probabilities"]) for one in answers] == [names] * len(texts)
    found = np.array([list(one["probabilities"].values()) for one in answers])
    assert found.tobytes() == proba.tobytes()


def test_tags_are_those_of_the_tagger_bit_for_bit(client, ticket_tagger, tickets):
    texts = [*HARD, *tickets.data[:20]]
    answers = [client.post("/tag", json={"text": text}) for text in texts]
    assert {answer.status_code for answer in answers} == {200}
    assert_equal([answer.json() for answer in answers], ticket_tagger, texts)
    whole = client.post("/tag_batch", json={"texts": texts}).json()
    assert_equal(whole["results"], ticket_tagger, texts)


def test_200_concurrent_requests_share_calls(ticket_tagger, tickets, monkeypatch):
    sizes, texts = [], tickets.data[:200]
    predict = TfidfLogRegTagger.predict

    def counted(tagger, texts):
        sizes.append(len(texts))
        if len(sizes) == 2:  # the first is that of make_app
            wait_for(lambda: metric(url, WAITING) + len(texts) == 200)
        return predict(tagger, texts)

    monkeypatch.setattr(TfidfLogRegTagger, "predict", counted)

    async def post_all(url):
        limits = httpx.Limits(max_connections=300)
        async with httpx.AsyncClient(base_url=url, limits=limits, timeout=300) as client:
            return await asyncio.gather(*(client.post("/tag", json={"text": t}) for t in texts))

    with running(make_app(ticket_tagger, batch_size=32)) as url:
        answers = asyncio.run(post_all(url))
    assert sum(sizes) == 201
    assert max(sizes) == 32
    assert set(sizes[2:-1]) == {32}
    monkeypatch.undo()
    assert_equal([answer.json() for answer in answers], ticket_tagger, texts)


def metric(url, name):
    """The value of a metric without labels."""
    lines = httpx.get(f"{url}/metrics", timeout=300).text.splitlines()
    return float(next(line for line in lines if line.startswith(f"{name} ")).split()[1])


def test_too_many_waiting_texts_are_refused(ticket_tagger, monkeypatch):
    entered, go_on, predict = threading.Event(), threading.Event(), TfidfLogRegTagger.predict
    app = make_app(ticket_tagger, max_texts=3, max_waiting=3)

    def blocked(tagger, texts):
        entered.set()
        assert go_on.wait(timeout=300)
        return predict(tagger, texts)

    monkeypatch.setattr(TfidfLogRegTagger, "predict", blocked)

    async def fill(url):
        async with httpx.AsyncClient(base_url=url, timeout=300) as client:
            first = [asyncio.ensure_future(client.post("/tag", json={"text": TEXT}))]
            assert await asyncio.to_thread(entered.wait, 300)
            first.append(
                asyncio.ensure_future(client.post("/tag_batch", json={"texts": [TEXT] * 2}))
            )
            await asyncio.to_thread(wait_for, lambda: metric(url, WAITING) == 2)
            assert (await client.get("/ready")).status_code == 200
            refused = [await client.post("/tag_batch", json={"texts": [TEXT] * 2})]
            first.append(asyncio.ensure_future(client.post("/tag", json={"text": TEXT})))
            await asyncio.to_thread(wait_for, lambda: metric(url, WAITING) == 3)
            refused += [await client.post("/tag", json={"text": TEXT}), await client.get("/ready")]
            go_on.set()
            return refused, await asyncio.gather(*first), await client.get("/ready")

    with running(app) as url:
        refused, served, ready = asyncio.run(fill(url))
    for answer in refused:
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert answer.json() == {"detail": "Too many texts wait already; try again later."}
    assert {answer.status_code for answer in [*served, ready]} == {200}


def test_explanations_are_those_of_inspection(client, ticket_tagger):
    found = client.post("/explain", json={"text": TEXT, "label": "billing"}).json()
    (expected,) = explain(ticket_tagger, [TEXT], label="billing")
    assert found["label"] == "billing"
    assert found["labels"] == ["billing", "refund"]
    assert found["probabilities"] == expected.probabilities
    assert found["intercept"] == expected.intercept
    (sentence,) = found["sentences"]
    assert sentence["words"] == list(expected.sentences[0].words)
    assert sentence["weights"] == expected.sentences[0].word_weights.tolist()
    most = client.post("/explain", json={"text": TEXT, "method": "occlusion"}).json()
    assert most["label"] == "refund"
    assert most["sentences"][0]["words"][:3] == ["I", "was", "charged"]
    assert client.post("/explain", json={"text": ""}).json()["sentences"] == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"label": "refnd"}, "label is 'refnd', but the labels of this tagger are 'accessibility'"),
        ({"method": "attention"}, "method='attention' needs a KerasHANTagger"),
    ],
)
def test_what_cannot_be_explained_is_said(client, body, message):
    refused = client.post("/explain", json={"text": TEXT, **body})
    assert refused.status_code == 422
    assert message in refused.json()["detail"][0]["msg"]


def test_labels_and_card(client, ticket_tagger):
    labels = client.get("/labels").json()["labels"]
    assert labels == [{"name": name, "threshold": 0.5} for name in ticket_tagger.label_names_]
    card = client.get("/card")
    assert card.text == model_card(ticket_tagger)
    assert card.headers["content-type"] == "text/markdown; charset=utf-8"


def test_a_model_at_a_path_has_the_card_that_its_author_edited(ticket_tagger, tmp_path):
    skmultitext.save(ticket_tagger, tmp_path / "model")
    card = tmp_path / "model" / "README.md"
    card.write_text(card.read_text(encoding="utf-8") + "\nÉdité\n", encoding="utf-8")
    with running(make_app(tmp_path / "model")) as url:
        assert httpx.get(f"{url}/card", timeout=300).text.endswith("\nÉdité\n")


def test_bounds_of_texts_and_bodies(client):
    assert client.post("/tag", json={"text": "x" * 2001}).status_code == 422
    assert client.post("/tag", json={"text": "\N{PILE OF POO}" * 2000}).status_code == 200
    assert client.post("/tag_batch", json={"texts": ["a"] * 51}).status_code == 422
    assert client.post("/tag_batch", json={"texts": []}).status_code == 422
    too_long = client.post("/tag", json={"text": "x" * 30_000})
    assert too_long.status_code == 413
    assert too_long.json() == {"detail": "The body is too large; send at most 25000 bytes."}
    assert client.post("/tag_batch", json={"texts": ["x" * 1500] * 21}).status_code == 413
    assert client.post("/tag", content=iter([b"{", b"}"])).status_code == 422
    in_pieces = client.post("/tag", content=iter([b'{"text"', b': "late"}']), headers=JSON)
    assert in_pieces.status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b'{"text": NaN}',
        b'{"text": 5}',
        b'{"text": "a", "id": 5}',
        b'["late"]',
        b'{"text": "\\ud800"}',
        b'{"\\ud800": 1}',
        b"\xff",
        b"{",
        b"",
        b"[" * 9000,
    ],
    ids=str,
)
def test_bodies_of_another_form_are_refused(client, body):
    response = client.post("/tag", content=body, headers=JSON)
    assert response.status_code == 422
    assert set(response.json()["detail"][0]) == {"type", "loc", "msg"}


def test_answers_have_at_most_a_million_probabilities():
    names = [f"label {j}" for j in range(2000)]
    tagger = TfidfLogRegTagger(labels=names).fit(["late", "refund"], [["label 0"], ["label 1"]])
    schemas = make_app(tagger).openapi()["components"]["schemas"]
    assert schemas["TextsIn"]["properties"]["texts"]["maxItems"] == 500


def test_the_description_names_all_endpoints_and_the_token(client, ticket_tagger):
    found = client.get("/openapi.json").json()
    endpoints = ["card", "explain", "health", "labels", "metrics", "ready", "tag", "tag_batch"]
    assert sorted(found["paths"]) == [f"/{name}" for name in endpoints]
    assert "securitySchemes" not in found["components"]
    with_token = make_app(ticket_tagger, token="secret").openapi()
    assert with_token["paths"]["/tag"]["post"]["security"] == [{"HTTPBearer": []}]
    assert "security" not in with_token["paths"]["/health"]["get"]


def test_an_app_that_is_not_started_is_not_ready(ticket_tagger):
    async def ask():
        transport = httpx.ASGITransport(make_app(ticket_tagger))  # does not start it
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return [(await client.get(path)).status_code for path in ("/health", "/ready")]

    assert asyncio.run(ask()) == [200, 503]


def test_a_failure_of_the_model_is_answered_and_the_server_goes_on(ticket_tagger, monkeypatch):
    app = make_app(ticket_tagger)
    with running(app) as url:
        monkeypatch.setattr(TfidfLogRegTagger, "predict_proba", lambda *_: 1 / 0)
        failed = httpx.post(f"{url}/tag", json={"text": TEXT}, timeout=300)
        monkeypatch.undo()
        again = httpx.post(f"{url}/tag", json={"text": TEXT}, timeout=300)
    assert failed.status_code == 500
    assert failed.json()["detail"].startswith("The model failed on this request; the log of the")
    assert again.status_code == 200


def test_a_pipeline_and_a_single_label_are_served(tickets):
    texts, target = tickets.data[:100], tickets.target[:100, 0]
    pipeline = make_pipeline(FunctionTransformer(), TfidfLogRegTagger()).fit(texts, target)
    with running(make_app(pipeline)) as url:
        found = httpx.post(f"{url}/tag", json={"text": TEXT}, timeout=300).json()
        labels = httpx.get(f"{url}/labels", timeout=300).json()["labels"]
    assert list(found["probabilities"].values()) == [pipeline.predict_proba([TEXT])[0, 1]]
    assert labels == [{"name": "1", "threshold": 0.5}]


def test_thresholds_of_logits_are_not_shown_as_probabilities(ticket_tagger):
    from skmultitext.serving._served import ServedModel

    frozen = FrozenEstimator(ticket_tagger)
    for method, expected in (("decision_function", None), ("predict_proba", 0.3)):
        tagger = FixedThresholdTagger(frozen, threshold=0.3, response_method=method)
        tagger = tagger.fit([TEXT], np.zeros((1, 10), dtype=int))
        assert {one["threshold"] for one in ServedModel.of(tagger).labels()} == {expected}
