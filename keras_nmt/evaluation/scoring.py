"""Which tokenizer BLEU compares a run's lines with, and what is told of it."""

import sys

from keras_nmt.evaluation.bleu_tokenizers import (
    DEFAULT,
    check_tokenizer,
    tokenizer_of,
    tokenizer_of_run,
)
from keras_nmt.evaluation.scores import round_trip

FAITHFUL = 99
"""BLEU of perfect translations below which training warns of the tokenizer."""


def tokenizer(chosen, language=None):
    """The name chosen, or that of the language; checked before anything is trained.

    Raises:
        InputError: the tokenizer cannot be used here.
    """
    return check_tokenizer(chosen or tokenizer_of(language))


def tell_other_tokenizer(run, chosen):
    """Says so where a complete `Run` was scored with another tokenizer than chosen."""
    scored = tokenizer_of_run(run.scores)
    if chosen not in (None, scored):
        print(
            f"{run.folder}: BLEU was counted with --tokenize {scored}; to change that: "
            f"python -m experiments.rescore {run.folder} --tokenize {chosen}",
            file=sys.stderr,
        )


def tell_round_trip(target_tokenizer, references, tokenize=DEFAULT):
    """Says so where cutting and joining the references costs BLEU."""
    found = round_trip(target_tokenizer, references, tokenize)
    if found < FAITHFUL:
        print(
            f"test: perfect translations would score BLEU {found:.1f} (lower-cased, "
            f"tok:{tokenize}), as cutting and joining again changes the references",
            file=sys.stderr,
            flush=True,
        )
