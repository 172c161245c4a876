"""The real entry points, with every recipe shrunken to seconds."""

import csv
import dataclasses
import functools
import io
import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import pytest

from experiments import recipes, train
from experiments.report import __main__ as report
from keras_nmt import kernels
from keras_nmt.corpora import captions
from keras_nmt.corpora import options as corpus_options
from keras_nmt.corpora.corpus import Corpus, ParallelText
from keras_nmt.errors import InputError
from keras_nmt.evaluation import tokenizer_checks
from keras_nmt.preparation.in_memory import prepare
from keras_nmt.recipes.recipe import Recipe
from keras_nmt.run import epoch_log, runs
from keras_nmt.run.file_formats import EPOCH_COLUMNS
from keras_nmt.text.tokenizer import WordTokenizer
from keras_nmt.training.selection import Selection
from tests.checks import ONE_BLOCK
from tests.soak.killed_runs import LENGTH
from tests.soak.killed_runs import SIZES as WIDTHS

ROOT = Path(__file__).parent.parent
SIZES = {**WIDTHS, **ONE_BLOCK}


def shrunken(recipe, **changes):
    fields = {field.name for field in dataclasses.fields(recipe)}
    sizes = {name: size for name, size in SIZES.items() if name in fields}
    lengths = range(LENGTH + 1)[-len(recipe.shapes) :]
    short = {
        "max_length": LENGTH,
        "shapes": tuple((n, n) for n in lengths),
        "visible_padding": min(recipe.visible_padding, LENGTH),
    }
    batches = {"batch_tokens": 640} if recipe.batch_tokens else {"batch_size": 32}
    sizes |= {**batches, "epochs": 1, **short, **changes}
    return dataclasses.replace(recipe, **sizes)


def small_corpus():
    """A few sentences of each part of `captions`."""

    def part(text, count):
        return ParallelText(text.source[:count], text.target[:count])

    whole = captions.load()
    return Corpus(
        "captions",
        "de",
        "en",
        part(whole.train, 300),
        part(whole.validation, 60),
        part(whole.test, 4),
    )


@pytest.fixture(scope="module")
def corpus():
    return small_corpus()


@pytest.fixture(autouse=True, scope="module")
def _fresh_state():
    """For the tests of other modules: to collect the garbage takes a second."""
    yield
    keras.utils.clear_session()


def read_epochs(folder):
    with (folder / runs.EPOCHS).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def train_once(recipe, corpus, tmp_path, monkeypatch, *arguments):
    monkeypatch.setitem(recipes.RECIPES, recipe.name, recipe)
    monkeypatch.setattr(corpus_options, "load_corpus", lambda name, data_dir: corpus)
    train.main([recipe.name, "--runs-dir", str(tmp_path), *arguments])
    return tmp_path / "captions" / recipe.name / f"{kernels.BACKEND}-seed0"


SHARED = ("rnn", "lstm_attention", "encoder_only", "full_transformer")
"""Of the writeup's; the others differ from these in sizes, kind or attention."""

EVERY_KIND = [
    *SHARED,
    "full_transformer_bucketed",
    "lstm_bfloat16",
    *(
        pytest.param(name, marks=pytest.mark.backend_free)
        for name in recipes.WRITEUP
        if name not in SHARED
    ),
]


class Trained(NamedTuple):
    """A complete run: its recipe, its folder and what its training printed."""

    recipe: Recipe
    folder: Path
    said: str

    @property
    def runs_dir(self):
        return self.folder.parents[2]


@pytest.fixture(scope="module")
def trained(corpus, tmp_path_factory):
    """By the name of its recipe, a run that no test may change."""

    def train(name):
        epochs = 2 if name == "full_transformer" else 1
        recipe = shrunken(recipes.RECIPES[name], epochs=epochs)
        runs_dir, said = tmp_path_factory.mktemp(name), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(said):
            folder = train_once(recipe, corpus, runs_dir, patch)
        return Trained(recipe, folder, said.getvalue())

    return functools.cache(train)


@pytest.mark.parametrize("name", EVERY_KIND)
def test_every_recipe_leaves_a_complete_run(name, trained, corpus):
    (run,) = runs.load_runs(trained(name).runs_dir)
    told = run.scores["text"]["train"]
    assert told["kept"] == run.config["pairs"]["train"]
    assert f"train: {told['kept']} of 300 pairs kept" in trained(name).said
    assert (run.status, run.reason) == ("complete", "")
    rows = run.translations
    assert [row.source for row in rows] == list(corpus.test.source)
    assert [row.reference for row in rows] == list(corpus.test.target)
    kept = sorted(path.name for path in (run.folder / "checkpoints").iterdir())
    assert kept == ["best.weights.h5", "lock", "state", "translator.json"]
    training = run.scores["training"]
    assert min(training["first_step_seconds"], training["median_step_seconds"]) > 0
    assert training["peak_memory_mib"] > 100


@pytest.fixture(scope="module")
def two_epochs(trained):
    """A run of two epochs, and the recipe that made it."""
    return trained("full_transformer")[:2]


def test_the_log_holds_the_loss_that_numpy_finds(two_epochs, corpus):
    recipe, folder = two_epochs
    prepared = prepare(corpus, **recipe.text_options())
    model = recipe.build(*prepared.sizes)
    model.build()
    model.load_weights(folder / "checkpoints/best.weights.h5")
    total = without_sos = count = 0.0
    for source_ids, target_ids in prepared.pairs["validation"]:
        rows = [np.full((1, LENGTH), 1, "int32") for _ in range(2)]
        for row, ids in zip(rows, (source_ids, [2, *target_ids[:-1]]), strict=True):
            row[0, : len(ids)] = ids
        logits = model({"source": rows[0], "target_in": rows[1]})
        logits = keras.ops.convert_to_numpy(logits)[0].astype("float64")
        log_probs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        losses = -log_probs[range(len(target_ids)), target_ids]
        total += losses.sum()
        without_sos += losses[1:].sum()
        count += len(target_ids)
    rows = read_epochs(folder)
    best = rows[Selection().best(rows) - 1]
    assert float(best["val_loss"]) == pytest.approx(total / count, abs=1e-5)
    assert float(best["val_perplexity"]) == pytest.approx(
        np.exp(total / count), rel=1e-5
    )
    assert float(best["val_loss_without_sos"]) == pytest.approx(
        without_sos / (count - len(prepared.pairs["validation"])), abs=1e-5
    )


def test_the_log_counts_epochs_from_one_in_the_stated_columns(two_epochs):
    rows = read_epochs(two_epochs[1])
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert tuple(rows[0]) == EPOCH_COLUMNS
    assert float(rows[0]["learning_rate"]) == pytest.approx(1e-3)


def test_config_and_environment_tell_where_a_run_came_from(two_epochs):
    recipe, folder = two_epochs
    config = json.loads((folder / runs.CONFIG).read_text(encoding="utf-8"))
    assert config["recipe"] == recipe.name
    assert config["model_dim"] == 8
    assert 0 < config["pairs"]["train"] < 300
    environment = json.loads((folder / runs.ENVIRONMENT).read_text(encoding="utf-8"))
    assert environment["backend"] == keras.backend.backend()
    assert 1 <= environment["cores"] <= os.cpu_count()
    assert environment["versions"]["keras"] == keras.__version__


def test_a_complete_run_is_not_trained_again(two_epochs, corpus, monkeypatch, capsys):
    recipe, folder = two_epochs
    before = (folder / runs.EPOCHS).stat().st_mtime_ns
    train_once(recipe, corpus, folder.parents[2], monkeypatch)
    assert "already complete" in capsys.readouterr().out
    assert (folder / runs.EPOCHS).stat().st_mtime_ns == before


def test_a_run_made_before_a_field_was_there_is_complete(
    two_epochs, corpus, tmp_path, monkeypatch, capsys
):
    recipe, folder = two_epochs
    runs_dir = shutil.copytree(folder.parents[2], tmp_path / "runs")
    config = runs_dir / folder.relative_to(folder.parents[2]) / runs.CONFIG
    values = json.loads(config.read_text(encoding="utf-8"))
    del values["precision"]
    config.write_text(json.dumps(values), encoding="utf-8")
    train_once(recipe, corpus, runs_dir, monkeypatch)
    assert "already complete" in capsys.readouterr().out


def test_a_complete_run_of_another_config_is_not_overwritten(
    two_epochs, corpus, monkeypatch, capsys
):
    recipe, folder = two_epochs
    before = (folder / runs.EPOCHS).read_bytes()
    with pytest.raises(SystemExit) as stop:
        train_once(recipe, corpus, folder.parents[2], monkeypatch, "--epochs", "1")
    assert stop.value.code == 2
    assert "epochs" in capsys.readouterr().err
    assert (folder / runs.EPOCHS).read_bytes() == before


@pytest.mark.backend_free
def test_restart_replaces_a_complete_run(trained, corpus, tmp_path, monkeypatch):
    recipe, folder, _ = trained("encoder_only")
    runs_dir = shutil.copytree(folder.parents[2], tmp_path / "runs")
    arguments = "--restart", "--epochs", "2"
    folder = train_once(recipe, corpus, runs_dir, monkeypatch, *arguments)
    assert [row["epoch"] for row in read_epochs(folder)] == ["1", "2"]


def test_the_same_seed_gives_the_same_run(trained, corpus, tmp_path, monkeypatch):
    recipe, once, _ = trained("lstm_attention")
    again = train_once(recipe, corpus, tmp_path, monkeypatch)
    logs = [[row["val_loss"] for row in read_epochs(x)] for x in (once, again)]
    assert logs[0] == logs[1]


@pytest.mark.backend_free
def test_an_interrupted_run_is_not_complete_and_starts_over(
    corpus, tmp_path, monkeypatch
):
    recipe = shrunken(recipes.ENCODER_ONLY, epochs=2)

    def interrupt(self, epoch, logs=None):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(epoch_log.EpochLog, "on_epoch_begin", interrupt)
        with pytest.raises(SystemExit) as stop:
            train_once(recipe, corpus, tmp_path, patch)
    assert stop.value.code == 130
    (run,) = runs.load_runs(tmp_path)
    assert run.status == "partial"
    train_once(recipe, corpus, tmp_path, monkeypatch)
    (run,) = runs.load_runs(tmp_path)
    assert run.status == "complete"


@pytest.mark.backend_free
def test_the_report_rebuilds_from_a_trained_run(two_epochs, tmp_path):
    _, folder = two_epochs
    arguments = ["--runs-dir", str(folder.parents[2]), "--results-dir", str(tmp_path)]
    report.main(arguments)
    assert "full_transformer" in (tmp_path / "REPORT.md").read_text(encoding="utf-8")


FRENCH = (
    ["Où est l'eau ?", "L'ami voit l'arbre.", "Qu'il vienne !", "La mer est belle."]
    * 3,
    ["Où est l'ami ?", "L'arbre est là.", "D'où vient l'eau de la mer ?"],
)


@pytest.mark.backend_free
def test_the_target_side_of_train_teaches_where_spaces_stand(capsys):
    train_part, test_part = (ParallelText(tuple(x), tuple(x)) for x in FRENCH)
    text = Corpus("fr", "en", "fr", train_part, test_part, test_part)
    prepared = prepare(text, min_frequency=1, max_length=LENGTH)
    target = prepared.target
    tokenizer_checks.warn_of_round_trip(target.tokenizer, test_part.target)
    assert capsys.readouterr().err == ""
    assert target.decode(target.encode("Où est l'arbre ?")) == "Où est l'arbre ?"
    by_rules = WordTokenizer("fr")
    tokenizer_checks.warn_of_round_trip(by_rules, test_part.target)
    told = capsys.readouterr().err
    assert told.startswith("test: perfect translations would score BLEU ")
    assert "tok:13a" in told
    assert told.count("\n") == 1


@pytest.mark.backend_free
def test_a_run_is_scored_by_the_tokenizer_chosen(corpus, tmp_path, monkeypatch, capsys):
    recipe = shrunken(recipes.ENCODER_ONLY)
    folder = train_once(recipe, corpus, tmp_path, monkeypatch, "--tokenize", "char")
    scores = json.loads((folder / runs.SCORES).read_text(encoding="utf-8"))
    assert "|tok:char|" in scores["test"]["all"]["cased"]["bleu"]["signature"]
    capsys.readouterr()
    train_once(recipe, corpus, tmp_path, monkeypatch, "--tokenize", "intl")
    assert "--tokenize char; to change that: python -m experiments.rescore" in (
        capsys.readouterr().err
    )


def wrong(tmp_path, files):
    folder = tmp_path / "text"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return ["rnn", "--corpus", str(folder)]


WHOLE = {
    f"{part}.{side}": b"a b\n" * 4 for part in ("train", "val", "test") for side in "xy"
}
BAD = {
    "unknown recipe": (lambda path: ["rnnn"], "did you mean rnn?"),
    "unknown option": (lambda path: ["rnn", "--epohcs", "1"], "did you mean --epochs?"),
    "beginning of an option": (lambda path: ["rnn", "--epoch", "1"], "--epochs?"),
    "no number": (lambda path: ["rnn", "--epochs", "many"], "'many'"),
    "unknown corpus": (
        lambda path: ["rnn", "--corpus", "captoins"],
        "did you mean captions?",
    ),
    "seed": (lambda path: ["rnn", "--seed", str(2**32)], "--seed 4294967296"),
    "seed twice": (
        lambda path: ["rnn", "--seed", "1", "--seed=2"],
        "--seed is given twice; give it once",
    ),
    "unknown tokenizer": (
        lambda path: ["rnn", "--tokenize", "chra"],
        "did you mean char?",
    ),
    "no epochs": (lambda path: ["rnn", "--epochs", "0"], "--epochs"),
    "missing data": (
        lambda path: ["rnn", "--corpus", "multi30k", "--data-dir", str(path / "no")],
        "no",
    ),
    "missing file": (
        lambda path: wrong(path, {k: v for k, v in WHOLE.items() if k != "val.y"}),
        "val",
    ),
    "unequal counts": (lambda path: wrong(path, {**WHOLE, "val.y": b"a\n"}), "val.y"),
    "empty corpus": (
        lambda path: wrong(path, {**WHOLE, "train.x": b"", "train.y": b""}),
        "train",
    ),
    "invalid UTF-8": (
        lambda path: wrong(path, {**WHOLE, "test.x": b"a\nb \xff\nc\nd\n"}),
        "line 2",
    ),
}


@pytest.mark.backend_free
@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_and_exit_code_2(case, tmp_path, capsys):
    arguments, named = BAD[case]
    runs_dir = tmp_path / "runs"
    with pytest.raises(SystemExit) as stop:
        train.main([*arguments(tmp_path), "--runs-dir", str(runs_dir)])
    error = capsys.readouterr().err.strip()
    assert stop.value.code == 2
    assert len(error.splitlines()) == 1
    assert named in error
    assert not runs_dir.exists()


@pytest.mark.backend_free
@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"attention": "cosin"}, "no such attention, did you mean cosine?"),
        ({"kind": "ltsm"}, "did you mean lstm?"),
        ({"feeding": 3}, "choose from free_running, teacher_forcing"),
        ({"dropout": 1.0}, "dropout 1.0: expected at least 0 and less than 1"),
        ({"learning_rate": float("nan")}, "learning_rate nan: expected"),
        ({"hidden_dim": 0}, "hidden_dim 0: expected a positive whole number"),
        ({"max_length": 21}, "max_length 21 is above the last of shapes"),
        ({"droput": 0.1}, "no field 'droput', did you mean dropout?; there are name, "),
    ],
)
def test_a_field_of_a_recipe_that_cannot_be_is_named(changes, named):
    with pytest.raises(InputError, match=f"recipe rnn: .*{re.escape(named)}"):
        dataclasses.replace(recipes.RNN, **changes)


@pytest.mark.backend_free
def test_choices_of_the_transformer_are_named():
    for field in ("norm", "tied"):
        with pytest.raises(InputError, match=f"no such {field}.*; choose from "):
            dataclasses.replace(recipes.FULL_TRANSFORMER, **{field: "no"})
    with pytest.raises(InputError, match="tied 'all' needs one vocabulary of both"):
        dataclasses.replace(recipes.FULL_TRANSFORMER, tied="all")


@pytest.mark.backend_free
def test_old_choices_leave_the_config_of_a_model_as_it_was():
    """Weight files are bound to it by a checksum."""
    old = recipes.FULL_TRANSFORMER.build(9, 9).get_config()
    assert not old.keys() & {"norm", "tied"}
    joint = {"tokenizer": "joint_subwords", "newline_token": False, "lowercase": False}
    recipe = dataclasses.replace(
        recipes.FULL_TRANSFORMER, norm="pre", tied="all", **joint
    )
    model = recipe.build(9, 9)
    config = model.get_config()
    assert (config["norm"], config["tied"]) == ("pre", "all")
    assert type(model).from_config(config).get_config() == config


@pytest.mark.backend_free
def test_a_program_tells_a_wrong_field_in_one_line(tmp_path):
    """Recipes are made while the program is imported."""
    shutil.copytree(ROOT / "experiments", tmp_path / "experiments")
    written = tmp_path / "experiments/recipes.py"
    text = written.read_text(encoding="utf-8")
    written.write_text(text.replace("model_dim=256,", "model_dims=256,"), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "experiments.train", "rnn"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    start = "error: recipe full_transformer_best: no field 'model_dims', did you mean "
    assert done.stderr.startswith(start + "model_dim?; there are name, system, ")
    assert len(done.stderr.splitlines()) == 1
