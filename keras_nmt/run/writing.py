"""What training writes: the run folder, epoch by epoch."""

import csv
import os
import platform
import subprocess
import sys
import time
from importlib import metadata

from keras_nmt import kernels
from keras_nmt.atomic import remove_unfinished
from keras_nmt.evaluation.alignments import write_alignments
from keras_nmt.evaluation.scores import score
from keras_nmt.files import read_object, write_json
from keras_nmt.program import streams
from keras_nmt.run import translator as trained
from keras_nmt.run.earlier import EPOCHS, TEXT
from keras_nmt.run.epoch_log import best_epoch
from keras_nmt.run.file_formats import write_translations
from keras_nmt.training.weights import load_weights

SENTENCES_SHOWN = 9
"""Those of the writeup's tables, whose attention is kept, too."""

WENT_ON = "went_on"
"""Of the environment: those, in turn, in which an interrupted run went on."""

PACKAGES = ("keras", "keras-hub", "tensorflow", "jax", "torch", "numpy", "spacy")


def tidy(run):
    """Removes what a kill within a write has left; for the one who holds the lock."""
    remove_unfinished(run.folder)
    remove_unfinished(run.checkpoints)


def config_of(recipe, prepared, seed):
    """What a run is, for config.json."""
    source_size, target_size = prepared.sizes
    return {
        **recipe.config(),
        "recipe": recipe.name,
        "corpus": prepared.corpus.name,
        "seed": seed,
        "source_vocabulary_size": source_size,
        "target_vocabulary_size": target_size,
        "pairs": {part: len(pairs) for part, pairs in prepared.pairs.items()},
        TEXT: prepared.corpus.fingerprints(),
    }


def begin(run, config, translator):
    """Makes the folder and writes what is known before the first epoch.

    What an earlier, unfinished or restarted run left there is removed, so that no
    file of one run can be taken for another's.
    """
    _remove_result(run)
    run.epochs_file.unlink(missing_ok=True)
    for name in (run.weights_file.name, "last.weights.h5"):  # of earlier versions
        (run.checkpoints / name).unlink(missing_ok=True)
    run.checkpoints.mkdir(parents=True, exist_ok=True)
    write_json(run.config_file, config)
    write_json(run.environment_file, environment())
    trained.save(run.folder, translator)


def _remove_result(run):
    # The scores, which say that a run is complete, go first.
    for file in (run.scores_file, run.translations_file, run.alignments_file):
        file.unlink(missing_ok=True)


def go_on(run, epochs):
    """Makes a run unfinished, with so many epochs, and notes where it goes on.

    That is noted if it is not where it was before: another commit, version or device
    may change numbers from there on.
    """
    _remove_result(run)
    config = read_object(run.config_file)
    if config.get(EPOCHS) != epochs:
        write_json(run.config_file, {**config, EPOCHS: epochs})
    path, now = run.environment_file, environment()
    began = read_object(path) if path.is_file() else now
    later = began.pop(WENT_ON, [])
    if [began, *later][-1] != now:
        write_json(path, {**began, WENT_ON: [*later, now]})


def finish(run, translator, prepared, found, tokenize):
    """Translates the test set and writes what came of it.

    The scores come last: they make the run complete.

    Args:
        run: the `Run`.
        translator: `TrainedTranslator` with the best weights.
        prepared: `Prepared`, whose test set is translated.
        found: what else the scores are to say.
        tokenize: name of sacreBLEU's tokenizer, for BLEU.
    """
    text, kept = prepared.corpus.test, prepared.pairs["test"].kept
    hypotheses, speed = _translated(translator, text.source)
    rows = zip(text.source, text.target, hypotheses, strict=True)
    write_translations(run.translations_file, rows)
    shown = [text.source[place] for place in kept[:SENTENCES_SHOWN]]
    alignments = translator.alignments(shown)
    if any(alignment.weights for alignment in alignments):
        write_alignments(run.alignments_file, alignments)
    scores = {
        "status": "complete",
        **found,
        "translation": speed,
        "test": score(hypotheses, text.target, kept, tokenize=tokenize),
    }
    write_json(run.scores_file, scores)


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


def fail(run, status, reason):
    """Writes why there will be no scores; the report tells it."""
    write_json(run.scores_file, {"status": status, "reason": reason})


def load_best(run, model):
    """Loads the weights of the epoch with the lowest validation loss; its number."""
    load_weights(model, run.weights_file)
    with run.epochs_file.open(encoding="utf-8", newline="") as file:
        return best_epoch(csv.DictReader(file))


def environment():
    """Where the numbers came from: versions, backend, device, commit, settings."""
    settings = kernels.recorded_settings()
    return {
        "backend": kernels.BACKEND,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "device": kernels.device(),
        "cores": _cores(),
        "commit": _commit(),
        "versions": {name: _version(name) for name in PACKAGES},
        **({"settings": settings} if settings else {}),
    }


def verbosity():
    """Keras's bar at a terminal, a line an epoch in a log."""
    return 1 if streams.is_terminal(sys.stdout) else 2


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
