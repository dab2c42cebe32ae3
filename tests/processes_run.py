"""Trainings that a callback of one process ends, on two processes of accelerate."""

import tempfile
from pathlib import Path

import numpy as np
import torch
import transformer_toys as toys
import transformers
from accelerate import PartialState
from accelerate.utils import broadcast_object_list

from skmultitext.training import Job, train
from skmultitext.training._torch_step import TorchLoss, TorchStep, find_processes

STATE = PartialState(cpu=True)


def tell(name, *values):
    print(f"{name} {STATE.process_index}: {' '.join(map(str, values))}\n", end="", flush=True)


def stop_at(process, event_name, step):
    def listener(event):
        here = process == STATE.process_index
        return here and event.name == event_name and event.step >= step

    return listener


def train_linear(**options):
    torch.manual_seed(0)
    model = torch.nn.Linear(4, 3)
    step = TorchStep(model, TorchLoss("log_loss"), processes=find_processes(torch.device("cpu")))
    rng = np.random.RandomState(0)
    X = rng.randn(24, 4).astype(np.float32)
    indicator = (X @ rng.randn(4, 3) > 0).astype(np.float32)
    batches = [({"input": X[i::6]}, indicator[i::6], None) for i in range(6)]
    return train(Job(lambda seed: batches, max_epochs=3, seed=0, n_batches=6, **options), step)


def main():
    for process in (0, 1):
        for event_name in ("step", "epoch_end", "train_begin"):
            last = []
            first = 0 if event_name == "train_begin" else 4
            listeners = [stop_at(process, event_name, first), lambda e, at=last: at.append(e.step)]
            result = train_linear(listeners=listeners)
            tell(f"{event_name}-of-{process}", result.stopped_by, last[-1])

    class Impatient(transformers.TrainerCallback):
        def on_step_end(self, args, state, control, **kwargs):
            control.should_epoch_stop = STATE.process_index == 1 and state.global_step % 3 == 2
            return control

    texts, y = toys.make_texts(48)
    with tempfile.TemporaryDirectory() as own:
        (folder,) = broadcast_object_list([own])  # that of the main process
        if STATE.is_main_process:
            toys.make_checkpoint(Path(folder))
        STATE.wait_for_everyone()
        tagger = toys.tiny(callbacks=Impatient(), batch_size=4, max_epochs=2)
        tagger.set_params(checkpoint=folder).fit(texts, y)
        STATE.wait_for_everyone()
    tell("epoch", *(record["step"] for record in tagger.history_))
    STATE.destroy_process_group()


if __name__ == "__main__":
    main()
