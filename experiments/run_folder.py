"""What training writes: the run folder, epoch by epoch."""

import csv
import io
import json
import platform
import subprocess
import sys
import time
from importlib import metadata

import keras

from keras_nmt import backends, trained
from keras_nmt.errors import InputError
from keras_nmt.reporting import runs
from keras_nmt.reporting.alignments import write_alignments
from keras_nmt.reporting.files import write_json, write_whole
from keras_nmt.reporting.scores import score

SENTENCES_SHOWN = 9
"""Those of the writeup's tables, whose attention is kept, too."""

PACKAGES = ("keras", "keras-hub", "tensorflow", "jax", "torch", "numpy", "spacy")


def begin(folder, config, translator):
    """Makes the folder and writes what is known before the first epoch.

    What an earlier, unfinished or restarted run left there is removed, so that no
    file of one run can be taken for another's.
    """
    for name in (runs.EPOCHS, runs.ALIGNMENTS, runs.TRANSLATIONS, runs.SCORES):
        (folder / name).unlink(missing_ok=True)
    (folder / trained.CHECKPOINTS).mkdir(parents=True, exist_ok=True)
    write_json(folder / runs.CONFIG, config)
    write_json(folder / runs.ENVIRONMENT, environment())
    trained.save(folder, translator)


def finish(folder, translator, text, kept, found):
    """Translates the test set and writes what came of it.

    The scores come last: they make the run complete.

    Args:
        folder: the run folder.
        translator: `TrainedTranslator` with the best weights.
        text: `ParallelText`, all of the test set.
        kept: places of the pairs that the protocol keeps.
        found: what else the scores are to say.
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
        "test": score(hypotheses, text.target, kept),
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


def is_complete(folder, config):
    """Whether a run of this config was finished there.

    Raises:
        InputError: if one of another config was: it is not to be overwritten
            unasked.
    """
    if not (folder / runs.SCORES).is_file():
        return False
    there = json.loads((folder / runs.CONFIG).read_text(encoding="utf-8"))
    config = json.loads(json.dumps(config))
    keys = sorted(k for k in {*there, *config} if there.get(k) != config.get(k))
    if keys:
        raise InputError(
            f"{folder}: holds a complete run with another {', '.join(keys)}; "
            "give another --runs-dir, or --restart to replace it"
        )
    return True


def callbacks(folder, train):
    """Order of the batches, log of the epochs, weights of the best and the last."""
    checkpoints = folder / trained.CHECKPOINTS

    def weights(name, **options):
        return keras.callbacks.ModelCheckpoint(
            checkpoints / f"{name}.weights.h5", save_weights_only=True, **options
        )

    return [
        keras.callbacks.LambdaCallback(
            on_epoch_begin=lambda epoch, logs: train.set_epoch(epoch)
        ),
        EpochLog(folder / runs.EPOCHS, train.target_tokens),
        weights("best", save_best_only=True, monitor="val_nll", mode="min"),
        weights("last"),
    ]


def load_best(folder, model):
    """Loads the weights of the epoch with the lowest validation loss; its number."""
    trained.load_weights(model, folder / trained.CHECKPOINTS / trained.WEIGHTS)
    with (folder / runs.EPOCHS).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return int(min(rows, key=lambda row: float(row["val_loss"]))["epoch"])


class EpochLog(keras.callbacks.Callback):
    """Writes epochs.csv anew after each epoch: the honest clock and the losses.

    `loss` is the mean negative log-likelihood per real target token, whatever the
    objective was (label smoothing, say). `seconds` is training alone; validation
    is not in it.
    """

    def __init__(self, path, target_tokens):
        super().__init__()
        self.path = path
        self.target_tokens = target_tokens
        self.rows = []

    def on_epoch_begin(self, epoch, logs=None):
        self._began, self._ended = time.perf_counter(), None

    def on_test_begin(self, logs=None):
        self._ended = self._ended or time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        seconds = (self._ended or time.perf_counter()) - self._began
        values = {
            "epoch": epoch + 1,
            "loss": logs["nll"],
            "perplexity": logs["perplexity"],
            "val_loss": logs["val_nll"],
            "val_perplexity": logs["val_perplexity"],
            "val_loss_without_sos": logs["val_nll_without_sos"],
            "val_perplexity_without_sos": logs["val_perplexity_without_sos"],
            "learning_rate": float(self.model.optimizer.learning_rate),
            "seconds": round(seconds, 3),
            "tokens_per_second": round(self.target_tokens / seconds, 1),
        }
        self.rows.append({name: values[name] for name in runs.EPOCH_COLUMNS})
        table = io.StringIO()
        writer = csv.DictWriter(table, runs.EPOCH_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        write_whole(self.path, table.getvalue())


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
