"""Compares an export with the run it was made from, in the export's own engine."""

import functools
import itertools
import os
import subprocess
import sys
from typing import NamedTuple

from keras_nmt.errors import InputError
from keras_nmt.exporting.standalone_text import preferred_beam
from keras_nmt.search.beam import BeamSearch
from keras_nmt.specials import SPECIALS
from keras_nmt.text.lines import is_blank

LINES = 10
"""Lines that are compared, unless told otherwise."""

MADE_UP, LONGEST = 300, 10
"""Lines that may be put together from words of a vocabulary, and words of a line."""

TOLERANCE = 1e-4
"""Largest difference of log-probabilities, per nat of their size above 1."""

SECONDS = 900
"""Most time that an engine may take to load and to translate the lines."""


_ALONE = """\
import io, runpy, sys
sys.modules["keras_nmt"] = None  # whoever imports it fails
given = sys.stdin.buffer.read()
for size in sys.argv[1:]:
    sys.argv = ["translate.py", "--scores", "--length-penalty=0", "--beam-size", size]
    sys.stdin = io.TextIOWrapper(io.BytesIO(given))
    runpy.run_path("translate.py", run_name="__main__")
"""
"""A program that runs translate.py with each of several beam sizes."""


class RoundedTooMuch(InputError):
    """With rounded weights most translations are others."""


class Comparison(NamedTuple):
    """How an export translates, compared with its run."""

    lines: int
    greedy: int
    """Lines whose greedy translations are equal."""
    beam: int
    """Lines whose translations by beam search are equal; no length penalty."""
    beam_size: int
    difference: float
    """The largest difference of the log-probabilities of equal greedy translations."""


def lines_to_compare(trained, given, count=LINES):
    """The first `count` of the given lines that the system reads whole.

    Where fewer are given, words of the vocabulary make up for them.
    """
    most = trained.model.max_length or 64
    lines = itertools.chain(given, _made_up(trained))
    return list(itertools.islice((x for x in lines if _fits(x, trained, most)), count))


def _fits(line, trained, most):
    """Whether a line is read whole, and has no text that looks like a special token."""
    return (
        not is_blank(line)
        and not any(special in line for special in SPECIALS)
        and len(trained.source.encode(line)) <= most
    )


def _made_up(trained):
    words = trained.source.vocabulary.tokens[len(SPECIALS) :]
    words = [word for word in words if not word.isspace()]
    decode = trained.source.tokenizer.detokenize
    for n in range(MADE_UP):
        chosen = range(1 + n % LONGEST)
        yield decode([words[(7 * n + 3 * place) % len(words)] for place in chosen])


def compare(folder, trained, lines, exact=True):
    """Translates lines with the run and with the export, and compares.

    Args:
        folder: of the export.
        trained: the `TrainedTranslator` that was exported.
        lines: list of lines that the system reads whole.
        exact: whether greedy translations and their log-probabilities must be equal.
            Otherwise, where weights were rounded, half of the translations must be.

    Returns:
        `Comparison`.

    Raises:
        InputError: the export fails, or translates otherwise than it must.
    """
    size = preferred_beam(trained)["beam_size"]
    theirs, their_beams = run_script(folder, lines, (1, size))
    ours = run_here(trained, lines, 1)
    equal = [a[1] == b[1] for a, b in zip(ours, theirs, strict=True)]
    apart = [
        abs(a[0] - b[0]) / max(1.0, abs(a[0]))
        for a, b, same in zip(ours, theirs, equal, strict=True)
        if same
    ]
    difference = max(apart, default=0.0)
    if exact and not all(equal):
        place = equal.index(False)
        raise InputError(
            f"the export translates {lines[place]!r:.60} as {theirs[place][1]!r:.60}, "
            f"the run as {ours[place][1]!r:.60}; nothing was written: please report it"
        )
    if exact and difference > TOLERANCE:
        raise InputError(
            f"the export's log-probabilities differ from the run's by {difference:.1e},"
            f" more than {TOLERANCE:.0e}; nothing was written: please report it"
        )
    if sum(equal) < len(lines) / 2:
        raise RoundedTooMuch(
            f"rounded weights change {len(lines) - sum(equal)} of {len(lines)} "
            "translations; nothing was written: use --quantization float32"
        )
    our_beams = run_here(trained, lines, size)
    beam = sum(a[1] == b[1] for a, b in zip(our_beams, their_beams, strict=True))
    return Comparison(len(lines), sum(equal), beam, size, difference)


def run_here(trained, lines, beam_size):
    """The (score, text) of each line by this library, without a length penalty.

    Lines are read as they are written, as exports read them.
    """
    respell, trained.respell = trained.respell, None
    try:
        found = trained.candidates(lines, _search(beam_size))
    finally:
        trained.respell = respell
    # A blank line has no score, here and in an export.
    return [(best.score or 0.0, best.text) for best, *_ in found]


@functools.cache
def _search(beam_size):
    """One object for each size, since a translator compiles each object."""
    return BeamSearch(beam_size, length_penalty=0.0)


def run_script(folder, lines, beam_sizes):
    """What translate.py of an export says, in a process that cannot import keras_nmt.

    Returns:
        for each beam size a list of (score, text).

    Raises:
        InputError: it fails.
    """
    command = [sys.executable, "-c", _ALONE, *map(str, beam_sizes)]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    environment |= {"PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"}
    environment["CUDA_VISIBLE_DEVICES"] = ""  # this process may hold all its memory
    try:
        done = subprocess.run(
            command,
            # Without "\r" here, one that ends a line would be read as its line end.
            input="".join(f"{line}\r\n" for line in lines).encode(),
            env=environment,
            cwd=folder,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise InputError(
            f"the export did not translate {len(lines)} lines within {SECONDS} s"
        ) from None
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise InputError(f"the export does not run: {reason}")
    answers = done.stdout.decode().removesuffix("\n").split("\n")
    pairs = [answer.partition("\t") for answer in answers]
    found = [(float(score or 0), text) for score, _, text in pairs]
    count = len(lines)
    return [found[i * count : (i + 1) * count] for i in range(len(beam_sizes))]
