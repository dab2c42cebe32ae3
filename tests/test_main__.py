"""The command in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_runs import TEXT, saved_tickets, small_tickets

ROOT = Path(__file__).parents[1]


def start(*arguments, **options):
    """Start the command in a new process."""
    return subprocess.Popen(
        [sys.executable, "-m", "skmultitext", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,
    )


def test_help_loads_no_library():
    code = (
        "import sys; from skmultitext._command import main; main(['train', '--help']); "
        "print([m for m in ('numpy', 'scipy', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("\n[]\n")


def test_the_entry_point_is_the_command():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {"skmultitext": "skmultitext._command:main"}


@pytest.mark.slow
def test_a_line_is_answered_before_the_next_and_a_closed_pipe_is_no_error(tmp_path):
    model = saved_tickets(tmp_path)
    with start("predict", model, "--top", "1", stdin=subprocess.PIPE) as process:
        for _ in range(2):
            process.stdin.write(f"{TEXT}\n".encode())
            process.stdin.flush()
            assert process.stdout.readline().startswith(b"refund=")
        process.stdout.close()
        process.stdin.write(f"{TEXT}\n".encode())
        process.stdin.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


@pytest.mark.slow
@pytest.mark.parametrize("tagger", ["han", "transformer"])
def test_networks_write_nothing_of_other_libraries(tmp_path, tagger):
    path, model = small_tickets(tmp_path, 40), tmp_path / "model"
    settings = ["max_epochs=1", "batch_size=8"]
    if tagger == "han":
        pytest.importorskip("tensorflow")
        settings += ["embedding_dim=4", "units=4"]
    else:
        pytest.importorskip("torch")
        from transformer_toys import make_checkpoint

        settings += [f"checkpoint={make_checkpoint(tmp_path / 'checkpoint')}", "max_length=16"]
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    arguments = ["train", path, "-o", model, "--tagger", tagger, "--validation", path]
    with start(*arguments, "--set", *settings, env=environment) as process:
        out, err = process.communicate()
    assert (process.returncode, out) == (0, b""), err.decode()
    starts = [line.split(": ")[0] for line in err.decode().splitlines()]
    assert starts == [str(path)] * 3 + [f"saved {model}"], err.decode()
