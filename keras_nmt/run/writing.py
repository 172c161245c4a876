"""Writes the files of a run folder, apart from the log and the state."""

import logging
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
from keras_nmt.run import translator_file
from keras_nmt.run.earlier import EPOCHS
from keras_nmt.run.earlier_text import TEXT
from keras_nmt.run.file_formats import write_translations

SENTENCES_SHOWN = 9
"""Number of kept test sentences whose attention is stored; the writeup shows nine."""

WENT_ON = "went_on"
"""The key of environment.json with the later environments of an interrupted run."""

PACKAGES = ("keras", "keras-hub", "tensorflow", "jax", "torch", "numpy", "spacy")


def tidy(run):
    """Removes files of interrupted writes. The caller must hold the run's lock."""
    remove_unfinished(run.folder)
    remove_unfinished(run.checkpoints)


def config_of(recipe, prepared, seed):
    """The content of config.json."""
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
    """Creates the folder and writes the files that exist before the first epoch.

    Removes the files of an earlier run there, so that files of two runs never mix.
    """
    _remove_result(run)
    run.epochs_file.unlink(missing_ok=True)
    for name in (run.weights_file.name, "last.weights.h5"):  # of earlier versions
        (run.checkpoints / name).unlink(missing_ok=True)
    run.remove_epoch_weights()
    run.checkpoints.mkdir(parents=True, exist_ok=True)
    write_json(run.config_file, config)
    write_json(run.environment_file, environment())
    translator_file.save(run.folder, translator)


def _remove_result(run):
    # The scores, which make a run complete, are removed first.
    for file in (
        run.scores_file,
        run.translations_file,
        run.alignments_file,
        run.average_weights_file,
    ):
        file.unlink(missing_ok=True)


def go_on(run, epochs):
    """Marks a run as unfinished, sets its epochs, and records the environment.

    The environment is recorded if it differs from the last one, because another commit,
    version or device may change the numbers that follow.
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
    """Translates the test set and writes translations, alignments and scores.

    The scores are written last, because they make the run complete.

    Args:
        run: the `Run`.
        translator: `TrainedTranslator` with the chosen weights.
        prepared: `Prepared`, whose test set is translated.
        found: further entries of scores.json.
        tokenize: name of sacreBLEU's tokenizer, for BLEU.
    """
    text, kept = prepared.corpus.test, prepared.pairs["test"].kept
    hypotheses, speed = translated(translator, text.source)
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


def translated(translator, lines):
    """Greedy translations and their speed, measured without compilation."""
    translator.translate(lines, progress=None)
    began, log = time.perf_counter(), logging.getLogger("keras_nmt")
    log.disabled = True  # the first call has warned of lines that are cut
    try:
        hypotheses = translator.translate(lines)
    finally:
        log.disabled = False
    seconds = time.perf_counter() - began
    return hypotheses, {
        "search": "greedy",
        "seconds": round(seconds, 3),
        "sentences_per_second": round(len(lines) / seconds, 1),
    }


def fail(run, status, reason):
    """Writes a status and its reason in place of scores; the report shows both."""
    write_json(run.scores_file, {"status": status, "reason": reason})


def environment():
    """The content of environment.json: versions, backend, device, commit, settings."""
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
    """`verbose` for `fit`: a bar at a terminal, otherwise one line for each epoch."""
    if not kernels.processes.is_first():
        return 0
    return 1 if streams.is_terminal(sys.stdout) else 2


def _cores():
    """The number of CPU cores that this process may use."""
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
