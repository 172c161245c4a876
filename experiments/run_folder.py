"""What training writes: the run folder, epoch by epoch."""

import csv
import hashlib
import json
import os
import platform
import subprocess
import sys
import time
from importlib import metadata

from experiments.epoch_log import best_epoch
from keras_nmt import backends, trained
from keras_nmt.errors import InputError
from keras_nmt.reporting import runs
from keras_nmt.reporting.alignments import write_alignments
from keras_nmt.reporting.files import read_object, write_json
from keras_nmt.reporting.scores import score
from keras_nmt.training.weights import load_weights

LAST = "last.weights.h5"
"""The weights of the last epoch, beside `trained.WEIGHTS`, those of the best."""

SENTENCES_SHOWN = 9
"""Those of the writeup's tables, whose attention is kept, too."""

WENT_ON = "went_on"
"""Of the environment: those, in turn, in which an interrupted run went on."""

PACKAGES = ("keras", "keras-hub", "tensorflow", "jax", "torch", "numpy", "spacy")


def tidy(folder):
    """Removes what a kill within a write has left; for the one who holds the lock."""
    for pattern in (".*.unfinished", f"{trained.CHECKPOINTS}/.unfinished.*"):
        for path in folder.glob(pattern):
            path.unlink()


def begin(folder, config, translator):
    """Makes the folder and writes what is known before the first epoch.

    What an earlier, unfinished or restarted run left there is removed, so that no
    file of one run can be taken for another's.
    """
    for name in (runs.EPOCHS, runs.ALIGNMENTS, runs.TRANSLATIONS, runs.SCORES):
        (folder / name).unlink(missing_ok=True)
    for name in (trained.WEIGHTS, LAST):
        (folder / trained.CHECKPOINTS / name).unlink(missing_ok=True)
    (folder / trained.CHECKPOINTS).mkdir(parents=True, exist_ok=True)
    write_json(folder / runs.CONFIG, config)
    write_json(folder / runs.ENVIRONMENT, environment())
    trained.save(folder, translator)


def go_on(folder):
    """Notes where an unfinished run goes on, if that is not where it was before.

    Another commit, version or device may change numbers from there on.
    """
    path, now = folder / runs.ENVIRONMENT, environment()
    began = read_object(path) if path.is_file() else now
    later = began.pop(WENT_ON, [])
    if [began, *later][-1] != now:
        write_json(path, {**began, WENT_ON: [*later, now]})


def finish(folder, translator, text, kept, found, tokenize):
    """Translates the test set and writes what came of it.

    The scores come last: they make the run complete.

    Args:
        folder: the run folder.
        translator: `TrainedTranslator` with the best weights.
        text: `ParallelText`, all of the test set.
        kept: places of the pairs that the protocol keeps.
        found: what else the scores are to say.
        tokenize: name of sacreBLEU's tokenizer, for BLEU.
    """
    hypotheses, speed = _translated(translator, text.source)
    rows = zip(text.source, text.target, hypotheses, strict=True)
    runs.write_translations(folder / runs.TRANSLATIONS, rows)
    shown = [text.source[place] for place in kept[:SENTENCES_SHOWN]]
    alignments = translator.alignments(shown)
    if any(alignment.weights for alignment in alignments):
        write_alignments(folder / runs.ALIGNMENTS, alignments)
    scores = {
        "status": "complete",
        **found,
        "translation": speed,
        "test": score(hypotheses, text.target, kept, tokenize=tokenize),
    }
    write_json(folder / runs.SCORES, scores)


def _translated(translator, lines):
    """Greedy translations and their speed, without the compilation of the search."""
    translator.translate(lines, progress=None)
    began = time.perf_counter()
    hypotheses = translator.translate(lines)
    seconds = time.perf_counter() - began
    return hypotheses, {
        "search": "greedy",
        "seconds": round(seconds, 3),
        "sentences_per_second": round(len(lines) / seconds, 1),
    }


def fail(folder, status, reason):
    """Writes why there will be no scores; the report tells it."""
    write_json(folder / runs.SCORES, {"status": status, "reason": reason})


def is_complete(folder, config, defaults):
    """Whether a run of this config was finished there.

    Args:
        folder: the run folder.
        config: what the run would be.
        defaults: of the keys that a run has been given since that one was made.

    Raises:
        InputError: if there is a run of another config, finished or not: it is not
            to be overwritten unasked.
    """
    if not (folder / runs.CONFIG).is_file():
        for name in (runs.SCORES, runs.EPOCHS):
            if (folder / name).exists():
                raise InputError(
                    f"{folder}: holds a run without {runs.CONFIG}; restore that file, "
                    "give another --runs-dir, or --restart to replace it"
                )
        return False
    config, defaults = json.loads(json.dumps([config, defaults]))
    there = {**defaults, **read_object(folder / runs.CONFIG)}
    keys = sorted(k for k in {*there, *config} if there.get(k) != config.get(k))
    if keys:
        raise InputError(
            f"{folder}: holds a run with another {', '.join(keys)}; "
            "give another --runs-dir, or --restart to replace it"
        )
    scores = folder / runs.SCORES
    return scores.is_file() and read_object(scores).get("status") == "complete"


def fingerprint(source, target, pairs):
    """What a model learns from, as one number: its tokens and their order."""
    tokens = source.vocabulary.tokens, target.vocabulary.tokens
    text = repr((tokens, pairs["train"].pairs, pairs["validation"].pairs))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def load_best(folder, model):
    """Loads the weights of the epoch with the lowest validation loss; its number."""
    load_weights(model, folder / trained.CHECKPOINTS / trained.WEIGHTS)
    with (folder / runs.EPOCHS).open(encoding="utf-8", newline="") as file:
        return best_epoch(csv.DictReader(file))


def environment():
    """Where the numbers came from: versions, backend, device, commit."""
    return {
        "backend": backends.BACKEND,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "device": backends.device(),
        "cores": _cores(),
        "commit": _commit(),
        "versions": {name: _version(name) for name in PACKAGES},
    }


def verbosity():
    """Keras's bar at a terminal, a line an epoch in a log."""
    return 1 if sys.stdout.isatty() else 2


def _cores():
    """Of the processor, those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def _version(package):
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _commit():
    command = ["git", "describe", "--always", "--dirty"]
    try:
        return subprocess.check_output(
            command, text=True, stderr=subprocess.DEVNULL
        ).strip()
    except (OSError, subprocess.CalledProcessError):
        return None
