"""Runs that end before their time, through the real entry point."""

import dataclasses
import json
import re
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from experiments import recipes
from keras_nmt import kernels
from keras_nmt import train as library
from keras_nmt.preparation import in_memory
from keras_nmt.preparation.in_memory import prepare
from keras_nmt.run import epoch_log, runs
from keras_nmt.run import writing as run_folder
from keras_nmt.text.vocabulary import Vocabulary
from keras_nmt.training import states
from keras_nmt.training.selection import Selection
from tests.test_train import read_epochs, shrunken, small_corpus, train_once

RECIPE = shrunken(recipes.ENCODER_ONLY, epochs=3, dropout=0.2)

KILLED_AFTER_ROW_2 = """
import os, signal, sys
from keras_nmt.run import epoch_log
from experiments import recipes, train
from keras_nmt.corpora import options as corpus_options
from tests import test_unfinished

write = epoch_log.EpochLog._write

def write_and_die(self):
    write(self)
    if len(self.rows) == 2:
        os.kill(os.getpid(), signal.SIGKILL)

epoch_log.EpochLog._write = write_and_die
recipes.RECIPES[test_unfinished.RECIPE.name] = test_unfinished.RECIPE
corpus_options.load_corpus = lambda *_: test_unfinished.small_corpus()
train.main([test_unfinished.RECIPE.name, "--runs-dir", sys.argv[1]])
"""


@pytest.fixture(scope="module")
def corpus():
    return small_corpus()


def lasting(folder):
    """What must not depend on interruptions: epochs without times, weights."""
    times = ("seconds", "tokens_per_second")
    rows = [{k: v for k, v in r.items() if k not in times} for r in read_epochs(folder)]
    weights = (folder / "checkpoints/best.weights.h5").read_bytes()
    _, arrays = states.read(folder / "checkpoints/state")  # with times in its log
    return rows, weights, [array.tobytes() for array in arrays]


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """Folder of runs with one that was killed with two rows logged and one saved."""
    runs_dir = tmp_path_factory.mktemp("killed")
    command = [sys.executable, "-c", KILLED_AFTER_ROW_2, runs_dir]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    return runs_dir


@pytest.fixture(scope="module")
def whole(corpus, tmp_path_factory):
    """What is lasting of a run that nobody disturbed.

    It trains in a thread, where no signal can be listened to, to the same bits.
    """
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1) as pool:
        arguments = RECIPE, corpus, tmp_path_factory.mktemp("whole"), patch
        return lasting(pool.submit(train_once, *arguments).result())


def test_a_run_that_was_killed_ends_as_if_it_was_not(
    killed, whole, corpus, tmp_path, monkeypatch, capsys
):
    shutil.copytree(killed, tmp_path / "broken")
    for name in (".unfinished.1.epochs.csv", "checkpoints/.unfinished.1.state"):
        (folder_of(tmp_path / "broken") / name).write_text("half")
    folder = train_once(RECIPE, corpus, tmp_path / "broken", monkeypatch)
    said = capsys.readouterr().out
    assert "which no longer runs; taken over" in said
    assert "continuing from the end of epoch 1" in said
    assert lasting(folder) == whole
    assert [path.name for path in (folder / "checkpoints").glob("state*")] == ["state"]
    assert not list(folder.rglob("*unfinished*"))
    (run,) = runs.load_runs(tmp_path / "broken")
    assert (run.status, run.reason) == ("complete", "")


@pytest.mark.backend_free
def test_a_run_notes_another_commit_once_that_it_goes_on_under(
    killed, tmp_path, monkeypatch
):
    folder = folder_of(shutil.copytree(killed, tmp_path, dirs_exist_ok=True))
    began = run_folder.read_object(folder / runs.ENVIRONMENT)
    run_folder.go_on(runs.Run(folder), RECIPE.epochs)
    assert run_folder.read_object(folder / runs.ENVIRONMENT) == began
    monkeypatch.setattr(run_folder, "_commit", lambda: "later")
    for _ in range(2):
        run_folder.go_on(runs.Run(folder), RECIPE.epochs)
    later = {**began, "commit": "later"}
    expected = {**began, "went_on": [later]}
    assert run_folder.read_object(folder / runs.ENVIRONMENT) == expected


def test_more_epochs_go_on_as_if_all_had_been_asked_for_at_first(
    whole, corpus, tmp_path, monkeypatch, capsys
):
    arguments = RECIPE, corpus, tmp_path, monkeypatch
    train_once(*arguments, "--epochs", "1")
    begin = epoch_log.EpochLog.on_epoch_begin

    def die_in_the_last(self, epoch, logs=None):
        if epoch == RECIPE.epochs - 1:
            raise MemoryError("as good as a kill")
        begin(self, epoch, logs)

    with monkeypatch.context() as patch:
        patch.setattr(epoch_log.EpochLog, "on_epoch_begin", die_in_the_last)
        with pytest.raises(MemoryError):
            train_once(*arguments)
    said = capsys.readouterr().out
    assert "3 epochs now, 1 before" in said
    assert "continuing from the end of epoch 1" in said
    (run,) = runs.load_runs(tmp_path)
    assert run.status == "partial"
    assert "run of 3 epochs, 2 of them trained, and 1 is fewer" in refusal(
        capsys, *arguments, "--epochs", "1"
    )
    folder = train_once(*arguments)
    assert "continuing from the end of epoch 2" in capsys.readouterr().out
    assert lasting(folder) == whole
    (run,) = runs.load_runs(tmp_path)
    assert (run.status, run.reason) == ("complete", "")


def test_an_unfinished_run_ends_where_it_is_as_if_that_had_been_asked_for(
    killed, corpus, tmp_path, monkeypatch
):
    """Three epochs were planned; two are logged, and the first is saved."""
    folder = folder_of(shutil.copytree(killed, tmp_path / "runs", dirs_exist_ok=True))
    train_once(RECIPE, corpus, tmp_path / "runs", monkeypatch, "--epochs", "2")
    short = dataclasses.replace(RECIPE, epochs=2)
    expected = train_once(short, corpus, tmp_path / "short", monkeypatch)
    assert lasting(folder) == lasting(expected)


def folder_of(runs_dir):
    return runs_dir / "captions" / RECIPE.name / f"{kernels.BACKEND}-seed0"


def refusal(capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        train_once(*arguments)
    assert stop.value.code == 2
    *of_the_text, line = capsys.readouterr().err.strip().splitlines()
    assert all(told.startswith("warning: ") for told in of_the_text)
    return line


@pytest.mark.backend_free
def test_an_unfinished_run_of_another_config_is_refused(
    killed, corpus, monkeypatch, capsys
):
    recipe = dataclasses.replace(RECIPE, dropout=0.3)
    line = refusal(capsys, recipe, corpus, killed, monkeypatch)
    assert "holds a run with another dropout; give another --runs-dir" in line


@pytest.mark.backend_free
def test_a_run_without_its_config_is_not_overwritten(
    killed, corpus, tmp_path, monkeypatch, capsys
):
    shutil.copytree(killed, tmp_path, dirs_exist_ok=True)
    (folder_of(tmp_path) / runs.CONFIG).unlink()
    rows = (folder_of(tmp_path) / runs.EPOCHS).read_bytes()
    line = refusal(capsys, RECIPE, corpus, tmp_path, monkeypatch)
    assert "holds a run without config.json" in line
    assert (folder_of(tmp_path) / runs.EPOCHS).read_bytes() == rows


@pytest.mark.backend_free
def test_an_unfinished_run_on_other_text_is_refused(
    killed, corpus, monkeypatch, capsys
):
    monkeypatch.setattr(
        in_memory, "prepare", lambda *_, **options: reverse(prepare(*_, **options))
    )
    line = refusal(capsys, RECIPE, corpus, killed, monkeypatch)
    assert "state: was saved with another corpus" in line


def reverse(found):
    """The same pairs in another order: no count differs, and yet the run does."""
    pairs = found.pairs["train"]
    turned = dataclasses.replace(pairs, pairs=pairs.pairs[::-1], kept=pairs.kept[::-1])
    return dataclasses.replace(found, pairs={**found.pairs, "train": turned})


@pytest.mark.backend_free
def test_a_run_that_another_process_writes_is_left_alone(
    killed, corpus, monkeypatch, capsys
):
    folder = folder_of(killed)
    with library.one_writer(folder / "checkpoints" / "lock"):
        line = refusal(capsys, RECIPE, corpus, killed, monkeypatch)
    assert "is writing there" in line


@pytest.mark.backend_free
def test_a_second_training_in_the_process_is_refused(
    killed, corpus, monkeypatch, capsys
):
    with library.one_training(killed):
        line = refusal(capsys, RECIPE, corpus, killed, monkeypatch)
    assert "another run is training in this process" in line


def test_nan_ends_a_run_with_lines_and_a_status(corpus, tmp_path, monkeypatch, capsys):
    recipe = shrunken(recipes.ENCODER_ONLY, learning_rate=1e38)
    line = refusal(capsys, recipe, corpus, tmp_path, monkeypatch)
    assert line.startswith("error: epoch 1, step ")
    assert "NaN or Inf" in line
    assert "; lines of train in this batch: " in line
    (run,) = runs.load_runs(tmp_path)
    assert run.status == "failed"
    assert run.reason.endswith("NaN or Inf in loss or gradients")
    scores = json.loads((run.folder / runs.SCORES).read_text(encoding="utf-8"))
    assert scores["status"] == "nan"


@pytest.mark.backend_free
def test_ids_outside_the_vocabulary_are_refused_before_training(
    corpus, tmp_path, monkeypatch, capsys
):
    vocabulary = Vocabulary
    encode = vocabulary.encode

    def wrong(self, tokens):
        first, *ids = encode(self, tokens)
        return [first, 60_000, *ids[1:]]

    monkeypatch.setattr(vocabulary, "encode", wrong)
    prepare.cache_clear()
    line = refusal(capsys, RECIPE, corpus, tmp_path, monkeypatch)
    prepare.cache_clear()
    assert re.search(r"train, line \d+: target id 60000 is outside", line)
    assert not list(tmp_path.iterdir())


@pytest.mark.backend_free
def test_nan_is_never_best():
    losses = [np.nan, 3.0, 2.0, np.nan, 2.5]
    rows = [{"epoch": e, "val_loss": loss} for e, loss in enumerate(losses, 1)]
    assert Selection().best(rows) == 3
    assert Selection().best(rows[:1]) is None
