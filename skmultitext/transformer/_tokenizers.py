"""Tokenizers of checkpoints: load them, and pack them into what a pickle holds."""

import tempfile
from pathlib import Path

from ._tokens import prepare_tokenizer

__all__ = ["check_vocabulary", "load_tokenizer", "pack_tokenizer", "unpack_files"]


def load_tokenizer(path, additional_special_tokens=()):
    """Load the tokenizer of a checkpoint.

    Parameters
    ----------
    path : pathlib.Path
        The directory.
    additional_special_tokens : sequence of str, default=()
        Tokens that are never split.

    Returns
    -------
    transformers.PreTrainedTokenizerBase

    Raises
    ------
    ValueError
        If its files cannot be read.
    """
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(
            path, local_files_only=True, trust_remote_code=False
        )
    except Exception as error:  # the tokenizers raise whatever they meet
        raise ValueError(
            f"The tokenizer of the checkpoint {path} cannot be read: {error}"
        ) from error
    return prepare_tokenizer(tokenizer, additional_special_tokens)


def check_vocabulary(tokenizer, n_embeddings, path):
    """Refuse a tokenizer with more tokens than its model, those apart that were added to it.

    Parameters
    ----------
    tokenizer : transformers.PreTrainedTokenizerBase
        The tokenizer.
    n_embeddings : int
        Number of tokens that the model has embeddings of.
    path : pathlib.Path
        Directory of the checkpoint.

    Raises
    ------
    ValueError
        If they do not belong together.
    """
    if len(tokenizer) - len(tokenizer.added_tokens_encoder) > n_embeddings:
        raise ValueError(
            f"The tokenizer of the checkpoint {path} has {len(tokenizer)} tokens, its model "
            f"embeddings of {n_embeddings}: they do not belong together."
        )


def pack_tokenizer(tokenizer, config=None):
    """Pack the small files of a network.

    Parameters
    ----------
    tokenizer : transformers.PreTrainedTokenizerBase
        The tokenizer.
    config : transformers.PretrainedConfig, default=None
        Configuration of the model, to be packed too.

    Returns
    -------
    dict of {str: bytes}
        Content of the files, by name.
    """
    with tempfile.TemporaryDirectory() as directory:
        if config is not None:
            config.save_pretrained(directory)
        tokenizer.save_pretrained(directory)
        files = (file for file in Path(directory).rglob("*") if file.is_file())
        return {file.relative_to(directory).as_posix(): file.read_bytes() for file in files}


def unpack_files(files, directory):
    """Write packed files.

    Parameters
    ----------
    files : dict of {str: bytes}
        What `pack_tokenizer` gave.
    directory : pathlib.Path
        Where to.
    """
    for name, content in files.items():
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
