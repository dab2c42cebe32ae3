"""Several processes of accelerate: what one of them asks for, all of them do."""

import re
from pathlib import Path

import pytest
from script_runs import run


@pytest.mark.slow
def test_a_callback_of_one_process_stops_all_at_the_same_step():
    pytest.importorskip("accelerate", reason="needs accelerate (extra 'transformers')")
    pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
    pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")
    launcher = "-m accelerate.commands.launch --multi_gpu --num_processes 2 --num_machines 1"
    options = "--mixed_precision no --dynamo_backend no --main_process_port 0"
    printed = run(
        Path(__file__).with_name("processes_run.py"),
        launcher=[*launcher.split(), *options.split()],
        timeout=300,
        ACCELERATE_USE_CPU="1",
        OMP_NUM_THREADS="1",
    )
    found = re.findall(r"^(\S+) (\d): (.*)$", printed, re.M)
    for told_by in (0, 1):
        for process in "01":
            assert (f"step-of-{told_by}", process, "callback 4") in found
            assert (f"epoch_end-of-{told_by}", process, "callback 6") in found
            assert (f"train_begin-of-{told_by}", process, "callback 0") in found
    # 48 texts, 4 to a process: 6 updates an epoch; the second epoch ends after update 5
    assert ("epoch", "0", "2 5") in found
    assert ("epoch", "1", "2 5") in found
