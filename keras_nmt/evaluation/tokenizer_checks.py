"""BLEU's tokenizer for a run, checked before training, and warnings about it."""

import sys

from keras_nmt.evaluation.bleu_tokenizers import (
    DEFAULT,
    check_tokenizer,
    tokenizer_of,
    tokenizer_of_run,
)
from keras_nmt.evaluation.scores import round_trip

FAITHFUL = 99
"""Training warns if perfect translations would have a lower BLEU than this."""


def chosen_tokenizer(chosen, language=None):
    """The tokenizer of that name, or else that of the language; checked to be usable.

    Raises:
        InputError: the tokenizer cannot be used here.
    """
    return check_tokenizer(chosen or tokenizer_of(language))


def warn_of_other_tokenizer(run, chosen):
    """Warns if a complete `Run` was scored with another tokenizer than `chosen`."""
    scored = tokenizer_of_run(run.scores)
    if chosen not in (None, scored):
        print(
            f"{run.folder}: BLEU was counted with --tokenize {scored}; to change that: "
            f"python -m experiments.rescore {run.folder} --tokenize {chosen}",
            file=sys.stderr,
        )


def warn_of_round_trip(target_tokenizer, references, tokenize=DEFAULT):
    """Warns if tokenizing and detokenizing the references lowers BLEU."""
    found = round_trip(target_tokenizer, references, tokenize)
    if found < FAITHFUL:
        print(
            f"test: perfect translations would score BLEU {found:.1f} (lower-cased, "
            f"tok:{tokenize}): tokenizing and detokenizing changes the references",
            file=sys.stderr,
            flush=True,
        )
