"""Training on two devices is training on one, but for rounding."""

import re
from pathlib import Path

import pytest
from script_runs import run

RECIPES = Path(__file__).parents[1] / "examples" / "recipes"


@pytest.mark.slow
def test_two_replicas_make_the_updates_of_one_device():
    pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")
    # two devices must be made before TensorFlow starts: in a process of its own. The last batch
    # of the MLP has one row, so that a replica gets none, and gradients are clipped.
    printed = run(RECIPES / "mirrored_keras.py")
    found = re.findall(
        r"^(\w+): loss ([\d.]+), on one device ([\d.]+); .* at most ([\d.e-]+) apart; .*: (\w+)$",
        printed,
        re.M,
    )
    assert [name for name, *_ in found] == ["MLP", "HAN"]
    for _, loss, alone, apart, equal in found:
        assert float(loss) == pytest.approx(float(alone), abs=2e-4)
        assert float(apart) < 1e-5
        assert equal == "True"


@pytest.mark.slow
def test_accumulated_batches_on_two_replicas_are_one_batch_on_one_device():
    pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")
    printed = run(Path(__file__).with_name("replicas_run.py"))
    # 96 rows: 3 updates of 32 rows an epoch, or 12 of 8 rows
    assert "updates [9, 9, 36]" in printed
    apart, without = map(float, re.search(r"apart (\S+), .* accumulation (\S+)", printed).groups())
    assert apart < 1e-5
    assert without > 1e-2
