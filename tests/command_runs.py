"""Run the command in this process, on small files."""

import json
from pathlib import Path

from skmultitext._command import main
from skmultitext.datasets._support_tickets import __file__ as _tickets

TICKETS = Path(_tickets).parent / "data" / "support_tickets.csv"
TEXT = "I was charged twice, please send my money back"


def run(capsys, *arguments):
    """Run the command; return its exit code, standard output and standard error."""
    capsys.readouterr()
    code = main([str(argument) for argument in arguments])
    return code, *capsys.readouterr()


def succeed(capsys, *arguments):
    """Run the command, which must succeed; return its standard output."""
    code, out, err = run(capsys, *arguments)
    assert code == 0, err
    return out


def fail(capsys, *arguments, code=1):
    """Run the command, which must fail with one line; return this line."""
    found, out, err = run(capsys, *arguments)
    assert (found, out) == (code, "")
    assert "Traceback" not in err
    return err.splitlines()[-1]


def small_tickets(folder, n_rows=150):
    """Write the first rows of the bundled corpus to a file of JSON lines."""
    from skmultitext.datasets import load_support_tickets

    tickets = load_support_tickets()
    path = folder / "tickets.jsonl"
    rows = zip(tickets.data[:n_rows], tickets.label_sets[:n_rows], strict=True)
    lines = [json.dumps({"text": text, "labels": labels}) for text, labels in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def saved_tickets(folder):
    """Save a tagger of the small corpus; return its path."""
    import skmultitext
    from skmultitext.datasets import load_support_tickets

    tickets = load_support_tickets()
    tagger = skmultitext.TfidfLogRegTagger(random_state=0)
    path = folder / "tickets.model"
    skmultitext.save(tagger.fit(tickets.data[:150], tickets.label_sets[:150]), path)
    return path
