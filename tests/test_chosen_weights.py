"""Validation BLEU, early stopping, kept and averaged weights, through the real entry.

One recipe asks for all of it at once.
"""

import csv
import dataclasses
import json
import signal

import keras
import numpy as np
import pytest
from sacrebleu.metrics import BLEU

import keras_nmt
from experiments import recipes, select
from experiments.report import __main__ as report
from keras_nmt import kernels
from keras_nmt.__main__ import main
from keras_nmt.corpora import captions
from keras_nmt.errors import InputError
from keras_nmt.preparation.in_memory import prepare
from keras_nmt.run import runs
from keras_nmt.run.file_formats import BLEU_COLUMN, EPOCH_COLUMNS
from keras_nmt.run.validation_bleu import ValidationBleu
from keras_nmt.training import stopping
from keras_nmt.training.lock import one_writer
from keras_nmt.training.weights import load_weights
from tests.test_train import read_epochs, shrunken, small_corpus, train_once
from tests.test_unfinished import lasting

RECIPE = shrunken(
    recipes.FULL_TRANSFORMER,
    epochs=4,
    encoder_layers=2,  # with one its BLEU is 0
    decoder_layers=2,
    dropout=0.2,
    learning_rate=0.02,
    validation_bleu_every=2,
    best_by="bleu",
    keep_last=1,
    average_last=2,
    ema=0.9,
)

BY_LETTER = "--tokenize", "char"
"""A system that was trained for seconds has no four words in a row right."""


@pytest.fixture(scope="module")
def corpus():
    return small_corpus()


@pytest.fixture(scope="module")
def folder(corpus, tmp_path_factory):
    """A run that nobody disturbed."""
    with pytest.MonkeyPatch.context() as patch:
        whole = tmp_path_factory.mktemp("whole")
        return train_once(RECIPE, corpus, whole, patch, *BY_LETTER)


@pytest.fixture(autouse=True)
def _fresh_state():
    yield
    keras.utils.clear_session()


def weights_in(folder):
    """All files of weights, by name."""
    files = (folder / "checkpoints").glob("*.weights.h5")
    return {path.name: path.read_bytes() for path in files}


def arrays_of(translator, path):
    load_weights(translator.model, path)
    return translator.model.get_weights()


@pytest.mark.backend_free
def test_bleu_stands_in_the_log_where_it_was_measured(folder):
    rows = read_epochs(folder)
    assert tuple(rows[0]) == (*EPOCH_COLUMNS, BLEU_COLUMN)
    assert [bool(row[BLEU_COLUMN]) for row in rows] == [False, True, False, True]
    (run,) = runs.load_runs(folder.parents[2])
    assert (run.status, run.reason) == ("complete", "")
    assert np.isnan(run.epochs[0][BLEU_COLUMN])
    assert run.scores["best_epoch"] in (2, 4)
    assert run.config["validation_bleu_tokenizer"] == "char"


def test_bleu_is_that_of_the_best_weights_on_the_same_lines(folder, corpus):
    run = runs.Run(folder)
    translator = keras_nmt.load(folder)
    load_weights(translator.model, run.weights_file)
    prepared = prepare(corpus, **RECIPE.text_options())
    text = corpus.validation.select(prepared.pairs["validation"].kept)
    score = BLEU(lowercase=True, tokenize="char").corpus_score(
        translator.translate(text.source), [text.target]
    )
    measured = run.epochs[run.scores["best_epoch"] - 1][BLEU_COLUMN]
    assert measured == pytest.approx(score.score, abs=1e-4)
    assert measured > 0.1


def test_measuring_bleu_changes_nothing_else(folder, corpus, tmp_path, monkeypatch):
    plain = dataclasses.replace(
        RECIPE, validation_bleu_every=0, best_by="loss", epochs=3, average_last=0
    )
    other = train_once(plain, corpus, tmp_path, monkeypatch)
    names = [name for name in EPOCH_COLUMNS if not name.startswith(("sec", "tok"))]
    rows, beside = (
        [[row[name] for name in names] for row in read_epochs(x)]
        for x in (folder, other)
    )
    assert rows[:3] == beside
    assert (
        weights_in(folder)["epoch-3.weights.h5"]
        == (weights_in(other)["epoch-3.weights.h5"])
    )


def test_a_run_stopped_while_bleu_is_measured_ends_with_the_same_bits(
    folder, corpus, tmp_path, monkeypatch, capsys
):
    """By a signal in the first measurement, and as good as killed in the second."""
    measure, calls = ValidationBleu.measure, []

    def disturbed(self, between=lambda: None):
        calls.append(len(calls))
        if len(calls) == 1:
            signal.raise_signal(signal.SIGTERM)
        if len(calls) == 3:
            raise MemoryError("as good as a kill")
        return measure(self, between)

    arguments = RECIPE, corpus, tmp_path, monkeypatch, *BY_LETTER
    with monkeypatch.context() as patch:
        patch.setattr(ValidationBleu, "measure", disturbed)
        patch.setattr(stopping, "GRACE", 600)  # a busy machine saves slowly
        with pytest.raises(SystemExit) as stop:
            train_once(*arguments)
        assert stop.value.code == 143
        told = capsys.readouterr().err
        assert "stopped at epoch 2, step" in told
        with pytest.raises(MemoryError):
            train_once(*arguments)
    assert "continuing from epoch 2, step" in capsys.readouterr().out
    again = train_once(*arguments)
    assert "continuing from the end of epoch 3" in capsys.readouterr().out
    assert lasting(again) == lasting(folder)
    assert weights_in(again) == weights_in(folder)


@pytest.mark.backend_free
def test_a_longer_run_goes_on_with_the_weights_it_kept(
    folder, corpus, tmp_path, monkeypatch
):
    short = dataclasses.replace(RECIPE, epochs=3)
    train_once(short, corpus, tmp_path, monkeypatch, *BY_LETTER)
    again = train_once(RECIPE, corpus, tmp_path, monkeypatch, *BY_LETTER)
    assert lasting(again) == lasting(folder)
    assert weights_in(again) == weights_in(folder)


def test_the_last_and_the_best_epochs_are_kept_and_averaged(folder):
    run = runs.Run(folder)
    best = run.scores["best_epoch"]
    assert run.epochs_with_weights() == sorted({best, 3, 4})
    assert run.scores["averaged_epochs"] == [3, 4]
    translator = keras_nmt.load(folder)
    found = translator.model.get_weights()
    parts = [arrays_of(translator, run.epoch_weights_file(n)) for n in (3, 4)]
    for average, *arrays in zip(found, *parts, strict=True):
        expected = np.mean(np.stack(arrays).astype("float64"), axis=0)
        np.testing.assert_array_equal(average, expected.astype("float32"))
    assert any((a != b).any() for a, b in zip(*parts, strict=True))


# === keras-nmt average ===


@pytest.fixture
def average(folder, corpus, monkeypatch, capsys):
    """Runs the command; what it printed."""
    monkeypatch.setattr(captions, "load", lambda: corpus)

    def run(*words):
        capsys.readouterr()
        main(["average", str(folder), *words])
        return capsys.readouterr().out

    return run


def test_an_average_is_measured_on_validation_beside_the_best_epoch(
    average, folder, tmp_path
):
    said = average("--last", "2", "--out", str(tmp_path / "mean"))
    new, run = runs.Run(tmp_path / "mean"), runs.Run(folder)
    for found, expected in zip(
        *(keras_nmt.load(one.folder).model.get_weights() for one in (new, run)),
        strict=True,
    ):
        np.testing.assert_array_equal(found, expected)
    assert (new.status, new.reason) == (
        "averaged",
        f"the mean of the weights of epochs 3-4 of {run.name}",
    )
    found = new.scores["validation"]["best_epoch"]
    row = run.epochs[run.scores["best_epoch"] - 1]
    assert found["loss"] == pytest.approx(row["val_loss"], abs=1e-5)
    assert found["bleu"] == row[BLEU_COLUMN]
    assert "average of epochs 3-4" in said
    assert f"best single epoch, {run.scores['best_epoch']}" in said
    assert not new.translations
    with pytest.raises(keras_nmt.errors.InputError, match="averaged"):
        runs.complete_run(new.folder)
    average("--last", "2", "--score-test", "--out", str(tmp_path / "mean"))
    again = runs.complete_run(tmp_path / "mean")
    assert again.translations == run.translations
    assert again.scores["test"] == run.scores["test"]


@pytest.mark.backend_free
def test_an_average_in_its_usual_place_is_no_result_of_its_recipe(
    average, folder, tmp_path
):
    average("--best", "1")
    complete, averaged = runs.load_runs(folder.parents[2])
    assert (complete.status, averaged.status) == ("complete", "averaged")
    assert averaged.name == f"{complete.name}-average-best1"
    assert (averaged.backend, averaged.seed) == (kernels.BACKEND, 0)
    arguments = ["--runs-dir", str(folder.parents[2]), "--results-dir", str(tmp_path)]
    report.main(arguments)
    table = (tmp_path / "tables").glob("*runs*.csv")
    (text,) = [path.read_text(encoding="utf-8") for path in table]
    (row,) = [
        row for row in csv.DictReader(text.splitlines()) if "average" in row["run"]
    ]
    assert (row["status"], row["val_loss"]) == ("averaged", "")


@pytest.mark.backend_free
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--last", "4"], "no weights of epoch"),
        (["--last", "5"], "--last 5: "),
        (["--best", "3"], "has 2 such epochs"),
        (["--last", "0"], "give a number from 1 to that"),
        (["--last", "2", "--out", "full"], "full: is not empty; give another --out"),
        (["--last", "1", "--corpus", "none"], "unknown corpus 'none'"),
        ([], "one of the arguments --last --best is required"),
    ],
)
def test_what_cannot_be_averaged_is_told_in_a_line(
    words, said, average, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full/notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        average(*words)
    line = capsys.readouterr().err
    assert ended.value.code == 2
    assert said in line
    assert line.count("\n") == 1


@pytest.mark.backend_free
def test_an_average_that_another_process_writes_is_left_alone(
    average, tmp_path, capsys
):
    new = runs.Run(tmp_path / "mean")
    with one_writer(new.lock_file), pytest.raises(SystemExit):
        average("--last", "2", "--out", str(new.folder))
    line = capsys.readouterr().err
    assert line.endswith("is writing there; wait for it, or give another --out\n")


@pytest.mark.backend_free
def test_other_validation_text_is_refused(average, corpus, monkeypatch, capsys):
    other = dataclasses.replace(corpus, validation=corpus.test)
    monkeypatch.setattr(captions, "load", lambda: other)
    with pytest.raises(SystemExit):
        average("--last", "1")
    assert "was trained with other validation text" in capsys.readouterr().err


# === experiments.select ===


def test_choices_are_measured_on_validation_and_stand_on_a_page(
    folder, corpus, tmp_path, monkeypatch
):
    monkeypatch.setattr(captions, "load", lambda: corpus)
    monkeypatch.setattr(select, "SEARCHES", [(1, 0.0)])
    run = runs.Run(folder)
    other = dataclasses.replace(corpus, validation=corpus.test).validation
    with pytest.raises(InputError, match="was trained with other validation text"):
        next(select.measured(run, other))
    select.main([str(folder), "--results-dir", str(tmp_path)])
    select.main([str(folder), "--results-dir", str(tmp_path)])
    with (tmp_path / "selection/captions.csv").open(encoding="utf-8") as file:
        single, average = csv.DictReader(file)
    best = run.scores["best_epoch"]
    assert (single["weights"], average["weights"]) == (
        f"epoch {best}",
        "mean of epochs 3-4",
    )
    loss = run.epochs[best - 1]["val_loss"]
    assert float(single["val_loss"]) == pytest.approx(loss, abs=1e-4)
    assert "ema=0.9" in single["differs"]
    page = (tmp_path / "SELECTION.md").read_text(encoding="utf-8")
    assert "| **mean of epochs 3-4** |" in page or f"| **epoch {best}** |" in page


# === Early stopping ===


@pytest.mark.backend_free
def test_a_run_without_a_better_epoch_stops_and_is_complete(
    corpus, tmp_path, monkeypatch, capsys
):
    """A learning rate that changes nothing makes all epochs equal."""
    recipe = shrunken(
        recipes.ENCODER_ONLY, epochs=5, patience=2, learning_rate=1e-30, dropout=0.1
    )
    folder = train_once(recipe, corpus, tmp_path, monkeypatch)
    said = capsys.readouterr().out
    assert "stopped early after epoch 3 of 5: no better val_loss since epoch 1" in said
    (run,) = runs.load_runs(tmp_path)
    assert (run.status, len(run.epochs)) == ("complete", 3)
    assert (run.scores["stopped_early_at"], run.scores["best_epoch"]) == (3, 1)
    before = (folder / runs.SCORES).read_bytes()
    train_once(recipe, corpus, tmp_path, monkeypatch, "--epochs", "9")
    assert "it stopped early, which more epochs do not change" in (
        capsys.readouterr().out
    )
    assert (folder / runs.SCORES).read_bytes() == before
    scores = json.loads(before)
    del scores["stopped_early_at"]
    (folder / runs.SCORES).write_text(json.dumps(scores), encoding="utf-8")
    (run,) = runs.load_runs(tmp_path)
    assert (run.status, run.reason) == ("partial", "3 of 5 epochs")
