"""What training writes: the run folder, epoch by epoch."""

import csv
import hashlib
import json
import platform
import subprocess
import sys
from importlib import metadata

from experiments.epoch_log import best_epoch
from keras_nmt import backends
from keras_nmt.errors import InputError
from keras_nmt.reporting import runs
from keras_nmt.reporting.files import read_object, write_whole
from keras_nmt.training.weights import load_weights

CHECKPOINTS = "checkpoints"
BEST = "best.weights.h5"
LAST = "last.weights.h5"
PROCESSORS = "processors.json"
PACKAGES = ("keras", "keras-hub", "tensorflow", "jax", "torch", "numpy", "spacy")


def begin(folder, config, source, target):
    """Makes the folder and writes what is known before the first epoch.

    What an earlier, unfinished or restarted run left there is removed, so that no
    file of one run can be taken for another's.
    """
    for name in (runs.EPOCHS, runs.SCORES, runs.TRANSLATIONS):
        (folder / name).unlink(missing_ok=True)
    for name in (BEST, LAST):
        (folder / CHECKPOINTS / name).unlink(missing_ok=True)
    (folder / CHECKPOINTS).mkdir(parents=True, exist_ok=True)
    write_json(folder / runs.CONFIG, config)
    write_json(folder / runs.ENVIRONMENT, environment())
    processors = {"source": source.get_config(), "target": target.get_config()}
    write_json(folder / CHECKPOINTS / PROCESSORS, processors)


def finish(folder, text, hypotheses, scores):
    """Writes translations, then the scores, which make the run complete."""
    rows = zip(text.source, text.target, hypotheses, strict=True)
    runs.write_translations(folder / runs.TRANSLATIONS, rows)
    write_json(folder / runs.SCORES, scores)


def fail(folder, status, reason):
    """Writes why there will be no scores; the report tells it."""
    write_json(folder / runs.SCORES, {"status": status, "reason": reason})


def is_complete(folder, config):
    """Whether a run of this config was finished there.

    Raises:
        InputError: if there is a run of another config, finished or not: it is not
            to be overwritten unasked.
    """
    if not (folder / runs.CONFIG).is_file():
        return False
    there = read_object(folder / runs.CONFIG)
    config = json.loads(json.dumps(config))
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
    load_weights(model, folder / CHECKPOINTS / BEST)
    with (folder / runs.EPOCHS).open(encoding="utf-8", newline="") as file:
        return best_epoch(csv.DictReader(file))


def environment():
    """Where the numbers came from: versions, backend, device, commit."""
    return {
        "backend": backends.BACKEND,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "device": backends.device(),
        "commit": _commit(),
        "versions": {name: _version(name) for name in PACKAGES},
    }


def verbosity():
    """Keras's bar at a terminal, a line an epoch in a log."""
    return 1 if sys.stdout.isatty() else 2


def write_json(path, value):
    write_whole(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


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
