"""A small training that always goes the same way; also run as a script, to be killed."""

import os
import signal
import sys

import numpy as np

STEPS_PER_EPOCH = 5


def data():
    rng = np.random.RandomState(3)
    X = rng.randn(18, 4).astype(np.float32)
    return X, (X @ rng.randn(4, 3) > 0).astype(np.int8)


def batches(seed):
    X, indicator = data()
    order = np.random.RandomState(seed).permutation(len(X))
    for rows in np.array_split(order, STEPS_PER_EPOCH):
        yield X[rows], indicator[rows], None


def make_step(*, learning_rate=0.02, seed=0, dropout=0.3):
    from skmultitext.neural.losses import make_loss
    from skmultitext.neural.networks import mlp
    from skmultitext.training import KerasStep, make_optimizer

    model = mlp(
        4, 3, hidden_layer_sizes=(8,), dropout=dropout, random_state=np.random.RandomState(seed)
    )
    return KerasStep(model, make_loss("log_loss"), make_optimizer("adam", learning_rate))


def make_validation(step, scoring="neg_log_loss"):
    from skmultitext._gate.labels import LabelSpace
    from skmultitext.training import Validation

    X, indicator = data()
    space, _ = LabelSpace.learn(indicator)
    return Validation(
        lambda: np.asarray(step.model(X), dtype=np.float64),
        indicator,
        space,
        np.full(3, 0.5),
        scoring,
    )


def run(step, directory=None, every=None, fingerprint=None, **options):
    from skmultitext.training import Checkpoints, Job, train

    checkpoints = None
    if directory is not None:
        checkpoints = Checkpoints(directory, every, fingerprint)
    options = {"batches": batches, "max_epochs": 4, "seed": 7, **options}
    return train(Job(checkpoints=checkpoints, **options), step)


def kill_at(last_step):
    def listener(event):
        if event.name == "step" and event.step == last_step:
            os.kill(os.getpid(), signal.SIGKILL)

    return listener


if __name__ == "__main__":
    step = make_step()
    run(
        step,
        sys.argv[1],
        every=3,
        gradient_accumulation_steps=2,
        validation=make_validation(step),
        restore_best=True,
        listeners=kill_at(int(sys.argv[2])),
    )
