"""The step in PyTorch: gradients, decay, accumulation, precision, state; parts of processes."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")

import torch
from torch import nn

from skmultitext.training._torch_step import TorchStep, _part, find_processes, is_out_of_memory


class Net(nn.Module):
    """Two dense layers with a normalisation, a dropout and a bias of two axes between them."""

    def __init__(self, dropout=0.0):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.first, self.last = nn.Linear(5, 4), nn.Linear(4, 3)
            self.norm, self.dropout = nn.LayerNorm(4), nn.Dropout(dropout)
            self.pair_bias = nn.Parameter(torch.zeros(1, 4))

    def forward(self, x):
        return self.last(self.dropout(self.norm(self.first(x)) + self.pair_bias))


def mean_loss(indicator, logits, weight=None):
    values = nn.functional.binary_cross_entropy_with_logits(
        logits, indicator, reduction="none"
    ).sum(dim=1)
    return values.mean() if weight is None else (weight * values).sum() / weight.sum()


def make_batch(n=8, seed=0, weighted=True):
    rng = np.random.RandomState(seed)
    x, y = rng.randn(n, 5).astype(np.float32), (rng.rand(n, 3) < 0.5).astype(np.float32)
    return {"x": x}, y, rng.rand(n).astype(np.float32) + 0.5 if weighted else None


def assert_same(first, second, atol=0):
    assert first.keys() == second.keys()
    for name in first:
        np.testing.assert_allclose(first[name], second[name], rtol=0, atol=atol)


def test_an_update_is_that_of_plain_torch():
    inputs, y, weight = make_batch()
    step = TorchStep(Net(), mean_loss, learning_rate=0.01, weight_decay=0.1, max_grad_norm=0.5)
    loss, [(indicator, logits, used)] = step([(inputs, y, weight)])

    net = Net()
    decayed = [net.first.weight, net.last.weight]
    others = [p for p in net.parameters() if all(p is not q for q in decayed)]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}], lr=0.01
    )
    wanted = net(torch.from_numpy(inputs["x"]))
    value = mean_loss(torch.from_numpy(y), wanted, torch.from_numpy(weight))
    value.backward()
    assert nn.utils.clip_grad_norm_(net.parameters(), 0.5) > 0.5
    optimizer.step()
    assert loss == pytest.approx(value.item(), rel=1e-6)
    np.testing.assert_allclose(logits, wanted.detach().numpy(), rtol=1e-6)
    assert indicator is y
    assert used is weight
    assert_same(step.weights(), {n: t.numpy() for n, t in net.state_dict().items()}, atol=1e-6)
    assert all(p.grad is None for p in step.model.parameters())


def test_biases_normalisations_and_frozen_weights():
    net = Net()
    net.first.requires_grad_(False)
    decayed, others = TorchStep(net, mean_loss, weight_decay=0.1).optimizer.param_groups
    assert [p is net.last.weight for p in decayed["params"]] == [True]
    assert (decayed["weight_decay"], others["weight_decay"]) == (0.1, 0.0)
    assert len(others["params"]) == 4


def test_batches_of_one_update_count_by_their_mean_loss():
    inputs, y, _ = make_batch(12)
    parts = [({"x": inputs["x"][i : i + 4]}, y[i : i + 4], None) for i in (0, 4, 8)]
    one, three = (TorchStep(Net(), mean_loss, learning_rate=0.01) for _ in range(2))
    whole, _ = one([(inputs, y, None)])
    loss, records = three(parts)
    assert loss == pytest.approx(whole, rel=1e-6)
    assert [len(indicator) for indicator, _, _ in records] == [4, 4, 4]
    assert records[0][2].tolist() == [1.0] * 4
    assert_same(one.weights(), three.weights(), atol=1e-6)


def test_learning_rate():
    step = TorchStep(Net(), mean_loss, learning_rate=0.5)
    assert step.learning_rate == 0.5
    step.learning_rate = 0.0
    before = step.weights()
    step([make_batch()])
    assert_same(step.weights(), before)
    assert [group["lr"] for group in step.optimizer.param_groups] == [0.0, 0.0]


def test_weights_are_copies_that_can_be_set_again():
    step = TorchStep(Net(), mean_loss, learning_rate=0.1)
    before = step.weights()
    step([make_batch()])
    assert np.abs(step.weights()["last.weight"] - before["last.weight"]).max() > 0.01
    step.set_weights(before)
    assert_same(step.weights(), before)


@pytest.mark.parametrize("n_before", [0, 3])
def test_a_state_goes_on_to_the_bit(n_before):
    def make():
        return TorchStep(
            Net(dropout=0.3), mean_loss, learning_rate=0.05, weight_decay=0.1, seed=n_before
        )

    first = make()
    for seed in range(n_before):
        first([make_batch(seed=seed)])
    first.learning_rate = 0.02
    state = {
        group: {name: np.array(array) for name, array in arrays.items()}
        for group, arrays in first.state().items()
    }
    second = make()
    second([make_batch(seed=9)])
    second.restore(state)
    assert second.learning_rate == 0.02
    for seed in range(20, 23):
        loss, _ = first([make_batch(seed=seed)])
        assert second([make_batch(seed=seed)])[0] == loss
    assert_same(first.weights(), second.weights())


@pytest.mark.parametrize("group", ["model", "optimizer"])
def test_the_state_of_another_network_is_refused(group):
    step = TorchStep(Net(), mean_loss)
    step([make_batch()])
    state, before = step.state(), step.weights()
    name = next(name for name, array in state[group].items() if array.ndim == 2)
    state[group][name] = state[group][name][:, :1]
    with pytest.raises(ValueError, match=f"its {group} arrays are not those of this network"):
        step.restore(state)
    assert_same(step.weights(), before)
    with pytest.raises(ValueError, match="its model arrays are not those"):
        step.restore({})


def test_dropout_draws_from_generators_of_its_own():
    def train(between):
        step = TorchStep(Net(dropout=0.5), mean_loss, learning_rate=0.1, seed=3)
        for seed in range(3):
            step([make_batch(seed=seed)])
            between()
        return step.weights()

    torch.manual_seed(1)
    wanted = torch.rand(3)
    torch.manual_seed(1)
    quiet = train(lambda: None)
    torch.testing.assert_close(torch.rand(3), wanted, rtol=0, atol=0)
    assert_same(train(lambda: torch.rand(5)), quiet)


def test_bfloat16_computes_in_half_and_keeps_weights_whole():
    found = []

    class Spy(Net):
        def forward(self, x):
            found.append(self.first(x).dtype)
            return super().forward(x)

    step = TorchStep(Spy(), mean_loss, precision="bfloat16")
    _, [(_, logits, _)] = step([make_batch()])
    assert found == [torch.bfloat16]
    assert logits.dtype == np.float32
    assert {p.dtype for p in step.model.parameters()} == {torch.float32}


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory"), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 9 bytes"), True),
        (MemoryError(), True),
        (RuntimeError("shapes"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_full_memory(error, full):
    assert is_out_of_memory(error) == full

    class Failing(Net):
        def forward(self, x):
            raise error

    with pytest.raises(MemoryError if full else type(error)):
        TorchStep(Failing(), mean_loss)([make_batch()])


def test_the_hooks_are_called_in_order():
    class Hooks:
        def __getattr__(self, name):
            return lambda: called.append(name)

    called = []
    TorchStep(Net(), mean_loss, hooks=Hooks())([make_batch(), make_batch()])
    wanted = ["on_step_begin", "on_substep_end", "on_pre_optimizer_step", "on_optimizer_step"]
    assert called == wanted


def test_a_single_process_leaves_the_state_of_accelerate_alone(monkeypatch):
    accelerate = pytest.importorskip("accelerate", reason="needs accelerate")

    def refuse(*args, **kwargs):
        raise AssertionError("asked")

    monkeypatch.setattr(accelerate, "PartialState", refuse)
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert find_processes(torch.device("cpu")) is None
    monkeypatch.setenv("WORLD_SIZE", "1")
    assert find_processes(torch.device("cpu")) is None
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(AssertionError, match="asked"):
        find_processes(torch.device("cpu"))


class Process:
    """One of several processes."""

    def __init__(self, process_index, num_processes):
        self.process_index, self.num_processes = process_index, num_processes


@pytest.mark.parametrize("n_texts", [1, 2, 3, 8])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_parts_of_processes_make_the_whole_batch(n_texts, weighted):
    inputs, y, weight = make_batch(n_texts, weighted=weighted)
    loss, net, covered = 0.0, Net(), []
    for number in range(3):
        (part, indicator, used), texts, share = _part((inputs, y, weight), Process(number, 3))
        assert len(part["x"]) == len(indicator) == len(used) >= 1
        logits = net(torch.from_numpy(part["x"]))
        value = mean_loss(torch.from_numpy(indicator), logits, torch.from_numpy(used))
        loss += value.item() * share
        covered += range(n_texts)[texts]
    assert covered == list(range(n_texts))
    whole = None if weight is None else torch.from_numpy(weight)
    wanted = mean_loss(torch.from_numpy(y), net(torch.from_numpy(inputs["x"])), whole)
    assert loss == pytest.approx(wanted.item(), rel=1e-5)


def test_the_windows_of_a_text_stay_together():
    inputs = {"ids": np.arange(6), "owners": np.array([0, 0, 1, 2, 2, 2])}
    found = []
    for number in range(2):
        (part, indicator, _), _, _ = _part((inputs, np.eye(3), None), Process(number, 2))
        found.append((part["ids"].tolist(), part["owners"].tolist(), len(indicator)))
    assert found == [([0, 1], [0, 0], 1), ([2, 3, 4, 5], [0, 1, 1, 1], 2)]
