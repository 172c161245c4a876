"""A run as a model folder: half the size, the same translations, found by its name."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import keras_nmt
from experiments import demo
from keras_nmt import __main__ as command
from keras_nmt.atomic import UNFINISHED
from keras_nmt.errors import InputError
from keras_nmt.evaluation import bleu_tokenizers
from keras_nmt.evaluation.scores import score
from keras_nmt.run import packaging
from keras_nmt.run.file_formats import read_translations
from keras_nmt.run.model_folder import FILES, VARIABLE, named_model
from keras_nmt.run.packaging import package
from keras_nmt.run.runs import Run
from keras_nmt.run.systems import make
from keras_nmt.search.beam import BeamSearch
from tests.test_reporting import edit, make_run
from tests.test_trained import LINES, save

NAME = "tiny-de-en"
SEARCH = BeamSearch(3, length_penalty=0.9)


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    folder = make_run(tmp_path_factory.mktemp("runs"), recipe="transformer")
    test = score(["A man runs.", "No."], ["A man runs.", "Yes."])
    edit(folder, "scores.json", test=test)
    return save(folder, "transformer")


@pytest.fixture(scope="module")
def models(run_folder, tmp_path_factory):
    """A folder of models with one in it."""
    root = tmp_path_factory.mktemp("models")
    note = "Two lines, both made up."
    size = package(Run(run_folder), root / NAME, note, SEARCH)
    assert size == (root / NAME / "model.weights.h5").stat().st_size
    return root


def test_a_model_translates_as_its_run(models, run_folder):
    run, model = (keras_nmt.load(folder) for folder in (run_folder, models / NAME))
    for ours, theirs in zip(
        model.model.get_weights(), run.model.get_weights(), strict=True
    ):
        assert ours.dtype == np.float32
        np.testing.assert_array_equal(ours, theirs.astype("float16"))
    assert model.translate(LINES) == run.translate(LINES, SEARCH)


def test_two_bytes_a_weight_are_enough_for_the_smallest_file(models):
    """The tiny model's file is mostly HDF5's own, so its size shows nothing."""
    path = models / NAME / "translator.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    count = make(content, path, 10**6).count_params()
    assert make(content, path, 2 * count).count_params() == count
    with pytest.raises(InputError, match="bytes of weights, the file has"):
        make(content, path, 2 * count - 1)


def test_its_card_has_the_scores_with_their_signatures(models):
    card = (models / NAME / "README.md").read_text(encoding="utf-8")
    assert card.startswith(f"# {NAME}\n")
    assert "Two lines, both made up." in card
    assert "| bleu, cased |" in card
    assert "| bleu, lowercased |" in card
    assert "case:lc|eff:no|tok:13a" in card
    assert "keras-nmt train transformer --corpus multi30k --seed 0" in card
    assert "3 hypotheses, length penalty 0.9" in card
    assert "--out my_model --beam-size 3 --length-penalty 0.9\n" in card


def test_the_demo_translates_the_examples_of_every_model(models):
    rows = read_translations(models / NAME / "examples.tsv")
    assert len(rows) == 5
    card = (models / NAME / "README.md").read_text(encoding="utf-8")
    said = demo.shipped(models) + "\n"
    assert f"{NAME}, the shipped model:" in said
    for row in rows:
        assert f"translation  {row.hypothesis}\n" in said
        assert f"reference  {row.reference}\n" in said
        assert f"- *{row.source}*\n" in card
    assert demo.shipped(models / "none") == ""


def test_the_command_line_finds_it_by_name(models, monkeypatch, capsys, tmp_path):
    monkeypatch.setenv(VARIABLE, str(models))
    (tmp_path / "in").write_text("Ja.\n", encoding="utf-8")
    with (tmp_path / "in").open() as file:
        monkeypatch.setattr("sys.stdin", file)
        command.main(["translate", "--model", NAME])
    (expected,) = keras_nmt.load(models / NAME).translate(["Ja."])
    assert capsys.readouterr().out == f"{expected}\n"


@pytest.mark.backend_free
@pytest.mark.parametrize("name", ["tiny-de-fr", "..", f"{NAME}/."])
def test_a_name_that_is_none_is_refused_with_those_there_are(name, models, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(models))
    with pytest.raises(InputError, match=f"no such model in .*{NAME}"):
        named_model(name)


@pytest.mark.backend_free
def test_a_name_in_the_place_of_a_folder_is_told_its_option(models, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(models))
    monkeypatch.chdir(models.parent)
    with pytest.raises(InputError, match=f"no such folder; --model {NAME} is the mod"):
        keras_nmt.load(NAME)


@pytest.mark.backend_free
def test_a_folder_with_other_files_is_not_written_to(run_folder, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="holds other files"):
        package(Run(run_folder), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.backend_free
def test_weights_of_another_model_are_refused(models, tmp_path):
    folder = tmp_path / NAME
    folder.mkdir()
    for path in (models / NAME).iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    content = json.loads((folder / "translator.json").read_text(encoding="utf-8"))
    content["config"]["num_heads"] = 1
    (folder / "translator.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError, match="checksum does not match"):
        keras_nmt.load(folder)


# === The model that is there ===


@pytest.fixture
def model(models, tmp_path):
    """A model of which a test may do what it likes."""
    return shutil.copytree(models / NAME, tmp_path / "models" / NAME)


def content(folder):
    """The files of a model, without what a kill left of one that was being made."""
    return {
        path.name: path.read_bytes()
        for path in sorted(folder.iterdir())
        if not path.name.startswith(UNFINISHED)
    }


@pytest.mark.backend_free
def test_a_tokenizer_that_is_missing_is_told_before_anything_is_written(
    run_folder, model, tmp_path, monkeypatch
):
    run = shutil.copytree(run_folder, tmp_path / "run")
    text = (run / "scores.json").read_text("utf-8")
    text = text.replace("tok:13a", "tok:ja-mecab-0.996-IPA")
    (run / "scores.json").write_text(text, "utf-8")

    class WithoutMecab(bleu_tokenizers.BLEU):
        def __init__(self, tokenize):
            raise RuntimeError("no MeCab")

    monkeypatch.setattr(bleu_tokenizers, "BLEU", WithoutMecab)
    monkeypatch.setattr(packaging, "load", None)
    before = content(model)
    with pytest.raises(InputError) as found:
        package(Run(run), model)
    assert str(found.value) == (
        f"{run / 'scores.json'}: BLEU's tokenizer ja-mecab is not installed: get it "
        'with: pip install "sacrebleu[ja]", or count the run\'s BLEU by another: '
        f"python -m experiments.rescore {run} --tokenize char"
    )
    assert content(model) == before
    text = text.replace("ja-mecab-0.996-IPA", "klingon")
    (run / "scores.json").write_text(text, "utf-8")
    with pytest.raises(InputError, match="no tokenizer klingon: get the newest, or c"):
        package(Run(run), model)


@pytest.mark.backend_free
@pytest.mark.parametrize(
    ("step", "error", "name"),
    [
        ("save_weights", InputError("a fault"), "new"),
        ("score", InputError("a fault"), NAME),
        ("write_whole", KeyboardInterrupt(), NAME),
    ],
)
def test_a_failure_leaves_the_earlier_model_and_nothing_else(
    step, error, name, run_folder, model, monkeypatch
):
    def fail(*arguments, **options):
        raise error

    monkeypatch.setattr(packaging, step, fail)
    before = content(model)
    with pytest.raises(type(error)):
        package(Run(run_folder), model.with_name(name), "A new note.")
    assert content(model) == before
    assert_nothing_else(model)


def assert_nothing_else(model):
    assert [path.name for path in model.parent.iterdir()] == [model.name]
    assert not [*model.glob(f"{UNFINISHED}*")]


def empty_model(folder):
    with packaging._replacing_model(folder) as made:
        for name in FILES:
            (made / name).write_text("new")


@pytest.mark.backend_free
@pytest.mark.parametrize("moved", range(2 * len(FILES)))
def test_a_failure_to_move_puts_the_earlier_model_back(moved, model, monkeypatch):
    before, moves, replace = content(model), [], Path.replace

    def move(old, new):
        moves.append(new)
        if len(moves) == moved + 1:
            raise OSError(28, "No space left on device")
        return replace(old, new)

    monkeypatch.setattr(Path, "replace", move)
    with pytest.raises(InputError, match=r"cannot write .*No space left on"):
        empty_model(model)
    assert content(model) == before
    assert_nothing_else(model)


KILLED = """
import os, signal, sys
from pathlib import Path
from keras_nmt.run import packaging
from keras_nmt.run.runs import Run

packaging._translated = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
packaging.package(Run(sys.argv[1]), Path(sys.argv[2]), "A new note.")
"""


@pytest.mark.backend_free
@pytest.mark.skipif(sys.platform == "win32", reason="has no SIGKILL")
def test_a_kill_leaves_the_earlier_model(run_folder, model):
    before = content(model)
    arguments = [sys.executable, "-c", KILLED, run_folder, model]
    done = subprocess.run(arguments, check=False)
    assert done.returncode == -9
    assert content(model) == before
