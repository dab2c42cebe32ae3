"""The page is one file that loads nothing, and nothing in it can break out of its data."""

import hashlib
import json
import re
from base64 import b64encode

import numpy as np

from skmultitext.report import multilabel_report
from skmultitext.report._page import page_data, render_page

HOSTILE = [
    "<script>alert(1)</script>",
    '</script><img src=x onerror="alert(1)">',
    "<!-- <script>",
    "@@SCRIPT@@ &lt; &amp; \u2028 \x00 \ud800 é 漢",
    "]]> ${alert(1)} `alert(1)` \\u003cscript>",
    "",
]


def render(n_labels=2):
    y_true = np.tile([[1, 0], [0, 1], [1, 1]], (2, 1))
    report = multilabel_report(
        y_true, np.full((6, 2), 0.3), label_names=["<b>a</b>", "</script>"], texts=HOSTILE
    )
    title = "</title><script>alert(1)</script>"
    return report, render_page(title, page_data(report), str(report)).decode("utf-8")


def test_the_data_come_back_whole_and_hold_no_markup():
    report, page = render()
    found = re.findall(
        r'<script type="application/json" id="report-data">(.*?)</script>', page, re.S
    )
    assert len(found) == 1
    assert not set("<>&") & set(found[0])
    data = json.loads(found[0])
    texts = {document["row"]: document["text"] for document in data["documents"]}
    assert texts == dict(enumerate(HOSTILE))
    assert [label["name"] for label in data["labels"]] == report.label_names


def test_only_the_one_script_and_style_may_run():
    _, page = render()
    assert re.findall(r"<script[^>]*>", page) == [
        '<script type="application/json" id="report-data">',
        "<script>",
    ]
    assert page.count("<style>") == 1
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    assert policy.startswith("default-src 'none'; ")
    for tag in ("script", "style"):
        text = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.S)[1]
        digest = b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


def test_the_page_names_no_other_resource():
    _, page = render()
    assert not re.findall(r"""\b(?:src|href)=["'](?!\#)""", page)
    assert not re.findall(r"url\(|@import|fetch\(|XMLHttpRequest|innerHTML|eval\(", page)
    addresses = set(re.findall(r"https?://[^\s\"'<]+", page))
    assert addresses == {"http://www.w3.org/2000/svg"}  # a namespace, which is not loaded


def test_title_and_plain_text_are_escaped():
    _, page = render()
    assert "<title>&lt;/title&gt;&lt;script&gt;" in page
    assert "&lt;b&gt;a&lt;/b&gt;" in re.search(r"<noscript>.*?</noscript>", page, re.S)[0]
    assert "@@" not in page.replace("@@SCRIPT@@ \\u0026lt;", "")


def test_a_missing_number_is_null():
    page = render_page("t", {"x": float("nan"), "y": [1.0, 0.5, True]}, "").decode()
    assert '{"x":null,"y":[1,0.5,true]}' in page


def test_five_thousand_texts_and_28_labels_stay_under_3_mb():
    rng = np.random.default_rng(0)
    y_true = (rng.random((5000, 28)) < 0.05).astype(int)
    y_proba = rng.random((5000, 28))
    texts = ["".join(row) for row in rng.choice(list("abcdefg <&é漢"), (5000, 1200))]
    report = multilabel_report(y_true, y_proba, texts=texts)
    page = render_page("t", page_data(report), str(report))
    print(f"page of 5000 x 28 with texts of 1200 characters: {len(page) / 1e6:.2f} MB")
    assert len(page) < 3_000_000
