"""Score models on a file: one in full, or several side by side."""

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from ._data import add_data_arguments, read_data
from ._models import load_model
from ._output import add_force, check_new, new_file, note
from ._parsing import Command, seed

__all__ = ["COMMANDS", "report_on", "truth_for"]


def _add_evaluate(parser: ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="a saved model")
    parser.add_argument("data", metavar="DATA", help="file of texts and labels")
    parser.add_argument("--report", metavar="PAGE", help="write a page (HTML) with all figures")
    parser.add_argument("--json", action="store_true", help="print the scores as JSON")
    add_force(parser, "overwrite the page")
    add_data_arguments(parser)


def _evaluate(arguments: Namespace) -> None:
    if arguments.report:
        check_new(arguments.report, arguments.force)
    model = load_model(arguments.model)
    data = read_data(arguments.data, arguments)
    report = report_on(model, data)
    if arguments.report:
        with new_file(arguments.report, arguments.force) as page:
            report.to_html(page, title=f"{arguments.model} on {arguments.data}")
        note(f"wrote {arguments.report}")
    print(json.dumps(_scores(report), indent=1, ensure_ascii=False) if arguments.json else report)


def _scores(report: Any) -> dict[str, Any]:
    """Return the figures of a report as plain data; what is not defined is null."""
    kinds = ("support", "thresholds", "precision", "recall", "f1", "average_precision")
    columns = {kind: values for kind in kinds if (values := getattr(report, kind)) is not None}
    labels = {
        str(name): {kind: _number(values[j]) for kind, values in columns.items()}
        for j, name in enumerate(report.label_names)
    }
    averages = {
        name: {kind: _number(value) for kind, value in scores.items()}
        for name, scores in report.averages.items()
    }
    return {
        "n_samples": report.n_samples,
        "exact_match": report.exact_match,
        "hamming_loss": report.hamming_loss,
        "averages": averages,
        "labels": labels,
    }


def _number(value: Any) -> float | None:
    return None if value != value else float(value)


def report_on(model: Any, data: Any) -> Any:
    """Report on a model; labels that only the data has count as missed."""
    import numpy as np

    from ..report import multilabel_report

    names, truth = truth_for(model, data)
    scores, thresholds = _outputs(model, data, names)
    if np.isscalar(thresholds):
        note("note: the model's decisions are scored; its thresholds alone do not give them")
    return multilabel_report(
        truth, scores, threshold=thresholds, label_names=names, texts=data.data
    )


def truth_for(model: Any, data: Any) -> tuple[list[str], Any]:
    """Return label names, those of the model first, and the true labels in this order."""
    import scipy.sparse as sp

    from .._meta.known_labels import find_label_names

    known = find_label_names(model)
    return _aligned(data, list(data.target_names if known is None else map(str, known)), sp)


def _aligned(data: Any, names: list[str], sp: Any) -> tuple[list[str], Any]:
    import numpy as np

    position = {name: j for j, name in enumerate(names)}
    for name in data.target_names:
        position.setdefault(name, len(position))
    columns = [position[name] for name in data.target_names]
    target = data.target
    shape = (len(data.data), len(position))
    if sp.issparse(target):
        entries = target.tocoo()
        rows = entries.coords[0]
        moved = np.array(columns)[entries.coords[1]]
        return list(position), sp.csr_array((entries.data, (rows, moved)), shape=shape)
    truth = np.zeros(shape, dtype=target.dtype)
    truth[:, columns] = target
    return list(position), truth


def _outputs(model: Any, data: Any, names: list[str]) -> tuple[Any, Any]:
    """Return probabilities and thresholds, or where thresholds do not decide alone, decisions."""
    import numpy as np

    from ..inspection._tagger import Predictions

    found = Predictions.of(model, data.data)
    unknown = [name for name in names if name not in found.names]
    if unknown:
        note(f"warning: labels that the model does not know count as missed: {', '.join(unknown)}")
    n_known, shape = len(found.names), (len(data.data), len(names))
    proba, decisions = np.zeros(shape), np.zeros(shape, dtype=np.int64)
    proba[:, :n_known], decisions[:, :n_known] = found.proba, found.decisions
    thresholds = np.full(len(names), 0.5)
    thresholds[:n_known] = getattr(model, "thresholds_", 0.5)
    if np.array_equal(proba > thresholds, decisions):
        return proba, thresholds
    return decisions, 0.5


def _add_compare(parser: ArgumentParser) -> None:
    parser.add_argument("models", metavar="MODEL", nargs="+", help="two or more saved models")
    parser.add_argument("data", metavar="DATA", help="file of texts and labels")
    parser.add_argument("--seed", type=seed, default=0, help="of the resamples; default: 0")
    add_data_arguments(parser)


def _compare(arguments: Namespace) -> None:
    import scipy.sparse as sp

    from .._meta.known_labels import find_label_names
    from ..metrics import compare_taggers

    paths = list(dict.fromkeys(map(str, map(Path, arguments.models))))
    if len(paths) < 2:
        raise ValueError("compare needs two different models; pass MODEL MODEL DATA.")
    models = {path: load_model(path) for path in paths}
    data = read_data(arguments.data, arguments)
    found = [find_label_names(model) for model in models.values()]
    names = list(dict.fromkeys(str(n) for known in found if known is not None for n in known))
    names, truth = _aligned(data, names, sp)
    outputs = {path: _outputs_in(model, data, names) for path, model in models.items()}
    print(
        compare_taggers(
            {path: scores for path, (scores, _) in outputs.items()},
            truth,
            threshold={path: thresholds for path, (_, thresholds) in outputs.items()},
            label_names=names,
            random_state=arguments.seed,
        )
    )


def _outputs_in(model: Any, data: Any, names: list[str]) -> tuple[Any, Any]:
    """Return the outputs of a model in the order of `names`."""
    own, _ = truth_for(model, data)
    own += [name for name in names if name not in own]
    scores, thresholds = _outputs(model, data, own)
    order = [own.index(name) for name in names]
    return scores[:, order], thresholds if isinstance(thresholds, float) else thresholds[order]


COMMANDS = [
    Command(
        "evaluate",
        "score a model on a file",
        """
        skmultitext evaluate tickets.model test.csv
        skmultitext evaluate tickets.model test.csv --report report.html
        skmultitext evaluate tickets.model test.csv --json > scores.json
        """,
        _add_evaluate,
        _evaluate,
    ),
    Command(
        "compare",
        "score models side by side, with tests of their differences",
        "skmultitext compare small.model large.model test.csv",
        _add_compare,
        _compare,
    ),
]
