"""Train a TransformerTagger on several processes, one for each GPU, with accelerate.

    accelerate launch --multi_gpu --num_processes 4 examples/recipes/accelerate_transformer.py

Without a GPU, two processes on the processor:

    ACCELERATE_USE_CPU=1 accelerate launch --multi_gpu --num_processes 2 \\
        examples/recipes/accelerate_transformer.py

(`accelerate launch --cpu` starts a single process, except with mpirun.)

The script is the same as for one process. Every process reads the data and calls `fit`; the
launcher makes the processes share the batches and average the gradients: each process gets
`batch_size` texts in a step, and all end with the same weights. Only the main process should do
what must happen once, such as printing or saving.

This one builds a small checkpoint, so that it runs without a hub.
"""

import hashlib
import os
import sys
import tempfile
from pathlib import Path

from accelerate import PartialState
from accelerate.utils import broadcast_object_list

from skmultitext import TransformerTagger
from skmultitext.datasets import make_multilabel_text

sys.path.append(str(Path(__file__).parents[1] / "reproductions"))
from _checkpoints import small_checkpoint


def digest(tagger):
    """Hash all weights of a tagger."""
    found = hashlib.sha256()
    for tensor in tagger.network_.model.state_dict().values():
        found.update(tensor.cpu().numpy().tobytes())
    return found.hexdigest()[:16]


def main():
    state = PartialState(cpu="ACCELERATE_USE_CPU" in os.environ)
    data = make_multilabel_text(400, n_labels=4, n_words=12, random_state=0)
    with tempfile.TemporaryDirectory() as own:
        (folder,) = broadcast_object_list([own])  # the directory of the main process
        if state.is_main_process:
            small_checkpoint(folder, "bert", data.data, vocabulary_size=1000)
        state.wait_for_everyone()
        tagger = TransformerTagger(
            folder,
            batch_size=16,
            max_epochs=2,
            learning_rate=2e-3,
            checkpoint_dir=Path(folder, "unfinished"),  # after a crash, the next run continues
            random_state=0,
        ).fit(data.data, data.target)
        state.wait_for_everyone()
    print(f"process {state.process_index}: weights {digest(tagger)}\n", end="", flush=True)
    state.wait_for_everyone()
    if state.is_main_process:
        for record in tagger.history_:
            print(
                f"epoch {record['epoch']}: {record['step']} updates, loss {record['loss']:.4f}",
                flush=True,
            )
    state.destroy_process_group()


if __name__ == "__main__":
    main()
