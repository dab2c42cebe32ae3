"""`transformers.Trainer` as a tagger trains: our batches, schedule, books, and nothing else."""

import contextlib
import os
import tempfile
import threading
import warnings

import torch
from accelerate.state import GradientState
from safetensors.torch import save_file
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader
from transformers import PrinterCallback, Trainer, TrainingArguments

from ..neural._events import TrainingResult
from ..neural._optimizers import make_schedule
from ._isolation import quiet_transformers
from ._torch_batches import LengthBatchSampler, Positions
from ._torch_device import out_of_memory
from ._torch_resume import writing

__all__ = ["train_network"]

# Trainer and accelerate keep their state in classes: one training at a time in a process
_ONE_AT_A_TIME = threading.RLock()


class _TaggerTrainer(Trainer):
    """Trainer with batches of like length.

    Parameters
    ----------
    sampler : LengthBatchSampler
        The batches.
    run : Run
        The books of the training.
    warmup_ratio : float
        Share of the steps in which the learning rate rises.
    **kwargs
        Arguments of `Trainer`.
    """

    # the loss of a batch is a mean: Trainer divides it by the number of accumulated batches
    loss_is_scaled_for_ga = False

    def __init__(self, *, sampler, run, warmup_ratio, **kwargs):
        self._sampler = sampler
        self._run = run
        self._warmup_ratio = warmup_ratio
        super().__init__(**kwargs)
        # it would collect the garbage of the whole process, half a second, for a fresh trainer
        self.accelerator.free_memory = lambda *objects: objects

    def get_train_dataloader(self):
        """Make the loader of our batches."""
        loader = DataLoader(
            self.train_dataset, batch_sampler=self._sampler, collate_fn=self.data_collator
        )
        return self.accelerator.prepare(loader)

    def create_scheduler(self, num_training_steps, optimizer=None):
        """Make the schedule that the Keras networks have."""
        if self.lr_scheduler is None:
            schedule = make_schedule(
                1.0, num_training_steps, warmup_ratio=self._warmup_ratio, decay="linear"
            )
            self.lr_scheduler = LambdaLR(optimizer or self.optimizer, schedule)
            self._created_lr_scheduler = True
        return self.lr_scheduler

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        """Compute the loss, and enter it in the books."""
        loss, outputs = super().compute_loss(
            model, inputs, return_outputs=True, num_items_in_batch=num_items_in_batch
        )
        self._run.after_batch(self.state, loss.detach(), outputs["logits"].detach(), inputs)
        return (loss, outputs) if return_outputs else loss

    def _save_checkpoint(self, *arguments, **options):
        with writing(self.args.output_dir):
            super()._save_checkpoint(*arguments, **options)

    def log(self, logs, start_time=None):
        """Hand the figures of an epoch to the callbacks that log, those of validation included."""
        if "loss" in logs:
            for name, value in self._run.state.history[-1].items():
                if name.startswith("validation_"):
                    logs[name.replace("validation_", "eval_", 1)] = value  # what loggers expect
        super().log(logs, start_time)

    def _save(self, output_dir=None, state_dict=None):
        # Trainer would add its arguments as a pickle
        os.makedirs(output_dir, exist_ok=True)
        weights = self.model.state_dict() if state_dict is None else state_dict
        weights = {name: tensor.contiguous().clone() for name, tensor in weights.items()}
        save_file(weights, os.path.join(output_dir, "model.safetensors"), {"format": "pt"})


def train_network(
    run,
    collator,
    *,
    lengths,
    seed,
    device,
    precision,
    batch_size,
    max_epochs,
    learning_rate,
    warmup_ratio,
    weight_decay,
    gradient_accumulation_steps,
    max_grad_norm,
    restore_best=False,
    checkpoints=None,
    checkpoint_every=None,
    callbacks=(),
):
    """Train a network with `transformers.Trainer`.

    Parameters
    ----------
    run : Run
        The books; ``run.model`` is trained, its loss is set.
    collator : Collator
        Makes the batches.
    lengths : ndarray of shape (n_texts,) or (n_texts, 2), dtype int64
        Lengths of the texts.
    seed : int
        Seed of order and dropout, in [0, 2**31).
    device : torch.device
        Where to train.
    precision : {"float32", "bfloat16", "float16"}
        In which precision.
    batch_size, max_epochs, gradient_accumulation_steps : int
        As in `TransformerTagger`.
    learning_rate, warmup_ratio, weight_decay : float
        As in `TransformerTagger`.
    max_grad_norm : float or None
        As in `TransformerTagger`.
    restore_best : bool, default=False
        End with the weights of the best validation rather than with the last ones.
    checkpoints : TrainerCheckpoints, default=None
        Where to write checkpoints, and to look for one to go on from.
    checkpoint_every : int, default=None
        Steps between two checkpoints; None for one at the end of each epoch.
    callbacks : sequence of transformers.TrainerCallback, default=()
        Further listeners of Trainer.

    Returns
    -------
    TrainingResult
        The history and what ended the training. With Ctrl-C it returns too, with a warning.

    Raises
    ------
    FloatingPointError
        If the loss is nan or infinite before any weights were kept.
    MemoryError
        If a batch does not fit into memory.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(_ONE_AT_A_TIME)
        stack.enter_context(quiet_transformers())
        stack.enter_context(_keep_environment())
        if checkpoints is None:
            directory = stack.enter_context(tempfile.TemporaryDirectory())
        else:
            directory = checkpoints.directory
        arguments = TrainingArguments(
            output_dir=str(directory),
            per_device_train_batch_size=batch_size,
            num_train_epochs=max_epochs,
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            gradient_accumulation_steps=gradient_accumulation_steps,
            max_grad_norm=max_grad_norm or 0.0,
            bf16=precision == "bfloat16",
            fp16=precision == "float16",
            use_cpu=device.type == "cpu",
            seed=seed,
            report_to="none",
            logging_strategy="epoch",
            logging_nan_inf_filter=False,
            disable_tqdm=True,
            dataloader_pin_memory=device.type == "cuda",
            save_strategy=_save_strategy(checkpoints, checkpoint_every),
            save_steps=checkpoint_every or 500,
            save_total_limit=2,
        )
        if arguments.n_gpu > 1:
            arguments._n_gpu = 1  # several GPUs are for accelerate's launcher, one process each
        trainer = _TaggerTrainer(
            model=run.model,
            args=arguments,
            train_dataset=Positions(collator.tokens.n_texts),
            data_collator=collator,
            callbacks=[run, *callbacks],
            sampler=LengthBatchSampler(lengths, batch_size, seed),
            run=run,
            warmup_ratio=warmup_ratio,
        )
        trainer.remove_callback(PrinterCallback)
        start = None
        if checkpoints is not None:
            start = checkpoints.newest()
            if start is not None:
                run.resume(start)
        try:
            _train(trainer, run, start, batch_size, gradient_accumulation_steps)
        finally:
            for name in ("forward", "_original_forward"):  # the wrapper of mixed precision
                vars(run.model).pop(name, None)
            GradientState._reset_state()
        return _finish(trainer, run, restore_best, checkpoints)


def _train(trainer, run, start, batch_size, gradient_accumulation_steps):
    if start is not None and run.is_over:
        run.stopped_by = "early_stopping"
        return
    try:
        trainer.train(resume_from_checkpoint=None if start is None else str(start))
    except KeyboardInterrupt:
        run.stopped_by = "interrupt"
        warnings.warn(
            f"Training was interrupted in epoch {len(run.state.history) + 1}, after "
            f"{trainer.state.global_step} steps; the best weights so far are kept.",
            UserWarning,
            stacklevel=2,
        )
    except FloatingPointError:
        if run.error is None or run.kept is None:
            raise
    except RuntimeError as error:
        memory = out_of_memory(error, batch_size, gradient_accumulation_steps)
        if memory is None:
            raise
        raise memory from error


def _finish(trainer, run, restore_best, checkpoints):
    state, stopped_by = run.state, run.stopped_by or "max_epochs"
    scored = state.best_step is not None
    if stopped_by == "loss" or (scored and (restore_best or stopped_by == "interrupt")):
        run.restore()
    finished = stopped_by in ("max_epochs", "early_stopping")
    if checkpoints is not None and finished and trainer.is_world_process_zero():
        checkpoints.remove()
    run.tell("train_end", trainer.state, epoch=max(len(state.history), 1))
    for parameter in run.model.parameters():
        parameter.grad = None
    return TrainingResult(state.history, stopped_by, state.best_score, state.best_step, run.error)


def _save_strategy(checkpoints, every):
    if checkpoints is None:
        return "no"
    return "epoch" if every is None else "steps"


@contextlib.contextmanager
def _keep_environment():
    """Restore the environment variables and the number of threads that accelerate may set."""
    before, n_threads = dict(os.environ), torch.get_num_threads()
    try:
        yield
    finally:
        for name in set(os.environ) - set(before):
            del os.environ[name]
        os.environ.update(before)
        if torch.get_num_threads() != n_threads:
            torch.set_num_threads(n_threads)
