"""evaluate and compare: the report and the comparison of the API."""

import json

from command_runs import fail, run, saved_tickets, small_tickets, succeed

import skmultitext
from skmultitext.report import multilabel_report


def test_evaluate_is_the_report(capsys, tmp_path, tickets):
    model, path, page = saved_tickets(tmp_path), small_tickets(tmp_path), tmp_path / "a.html"
    tagger = skmultitext.load(model)
    report = multilabel_report(
        tickets.label_sets[:150],
        tagger.predict_proba(tickets.data[:150]),
        label_names=list(tagger.label_names_),
    )
    assert succeed(capsys, "evaluate", model, path) == f"{report}\n"
    scores = json.loads(succeed(capsys, "evaluate", model, path, "--json", "--report", page))
    assert scores["averages"]["micro"]["f1"] == report.averages["micro"]["f1"]
    assert (
        scores["labels"]["refund"]["support"] == report.support[report.label_names.index("refund")]
    )
    assert "<html" in page.read_text(encoding="utf-8")
    assert "exists; pass --force" in fail(capsys, "evaluate", model, path, "--report", page)


def test_labels_that_the_model_does_not_know_count_as_missed(capsys, tmp_path):
    model, path = saved_tickets(tmp_path), tmp_path / "new.jsonl"
    path.write_text('{"text": "late", "labels": ["strange"]}\n{"text": "x", "labels": []}\n')
    code, out, err = run(capsys, "evaluate", model, path, "--json")
    assert code == 0
    assert "warning: labels that the model does not know count as missed: strange" in err
    assert json.loads(out)["labels"]["strange"]["recall"] == 0


def test_compare(capsys, tmp_path):
    model, path, other = saved_tickets(tmp_path), small_tickets(tmp_path), tmp_path / "other"
    succeed(capsys, "train", path, "-o", other, "--set", "C=0.1")
    shown = succeed(capsys, "compare", model, other, path)
    assert shown.startswith("150 documents, 10 labels\n")
    assert "exact_match (McNemar)" in shown
    assert "compare needs two different models" in fail(capsys, "compare", model, model, path)
