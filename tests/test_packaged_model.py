"""What the card of a model says works; and the folders that a model is written to."""

import itertools
import json
import os
import re
import shlex
import shutil
from pathlib import Path

import pytest

import keras_nmt
from keras_nmt import __main__ as command
from keras_nmt.errors import InputError
from keras_nmt.evaluation.scores import score
from keras_nmt.recipes.from_text import with_settings
from keras_nmt.recipes.own import RECIPES, TRANSFORMER
from keras_nmt.run import card_commands, model_card
from keras_nmt.run.file_formats import read_translations
from keras_nmt.run.model_folder import EXAMPLES, FILES, SHIPPED
from keras_nmt.run.packaging import package
from keras_nmt.run.runs import Run
from keras_nmt.run.status import AVERAGE
from keras_nmt.run.systems import SYSTEMS
from keras_nmt.search.beam import BeamSearch
from tests.test_reporting import ROWS, edit, make_run
from tests.test_trained import save

pytestmark = pytest.mark.backend_free

SHIPPED_RUN = SHIPPED.parent / "runs" / "multi30k" / "transformer_256" / "torch-seed0"
SEARCH = BeamSearch(3, length_penalty=0.9)


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    folder = make_run(tmp_path_factory.mktemp("runs"), recipe="transformer")
    _, references, hypotheses = zip(*ROWS, strict=True)
    edit(folder, "scores.json", test=score(hypotheses, references))
    return save(folder, "transformer")


@pytest.fixture(scope="module")
def packaged(run_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "my model"
    package(Run(run_folder), folder, "An earlier note.", SEARCH)
    return folder


def card_of(folder):
    return (folder / "README.md").read_text("utf-8")


def test_a_model_of_a_users_is_used_from_the_folder_that_holds_it(
    packaged, monkeypatch, capsys
):
    card = card_of(packaged)
    assert card.startswith("# my model\n")
    assert "In the folder that holds this one:\n\n```bash\nkeras-nmt tran" in card
    (line,) = re.findall(r"keras-nmt (translate .*) < source", card)
    (code,) = re.findall(r"`keras_nmt.load\((.*)\)\.translate", card)
    monkeypatch.chdir(packaged.parent)
    Path("source.txt").write_text("Ja.\n", "utf-8")
    with Path("source.txt").open() as file:
        monkeypatch.setattr("sys.stdin", file)
        command.main(shlex.split(line))
    os.unlink("source.txt")
    (expected,) = keras_nmt.load(json.loads(code)).translate(["Ja."])
    assert capsys.readouterr().out == f"{expected}\n"


@pytest.mark.parametrize("existing", [False, True], ids=["empty", "model"])
def test_the_folder_where_one_stands_gives_its_name(
    existing, run_folder, packaged, tmp_path, monkeypatch
):
    folder = tmp_path / "a model"
    if existing:
        shutil.copytree(packaged, folder)
    folder.mkdir(exist_ok=True)
    monkeypatch.chdir(folder)
    command.main(["package", str(run_folder), "--out", "."])
    keras_nmt.load(".")
    assert {path.name for path in Path().iterdir()} == {*FILES}
    assert card_of(folder).startswith(f"# {folder.name}\n")
    assert f"keras-nmt translate {shlex.quote(folder.name)} <" in card_of(folder)


def commands_of(config, settings=(), search=SEARCH):
    """The commands of a card, for a run whose config.json is that of a recipe."""
    run = Run("none")
    recorded = json.loads(json.dumps(with_settings(TRANSFORMER, settings).config()))
    files = {"environment.json": {"backend": "jax"}}
    files["config.json"] = {
        **recorded,
        **{"recipe": recorded["name"], "corpus": "multi30k", "seed": 3},
        **config,
    }
    run._read = files, [], []
    return card_commands.text(run, search)


def trained_by(text):
    """The recipe and its length by the command that trains, and its other words."""
    (line,) = re.findall("keras-nmt train (.*)", text)
    recipe, *words = shlex.split(line)
    settings = [b for a, b in itertools.pairwise(words) if a == "--set"]
    return with_settings(RECIPES[recipe], settings), words


@pytest.mark.parametrize(
    "settings",
    [
        [],
        ["dropout=0.25", "norm=pre"],
        ["shapes=[[20, 20],[64,64], [100, 100]]", "batch_tokens=2048"],
        ["scaled_embeddings=true", "learning_rate=1e-5"],
    ],
)
def test_the_command_that_trains_makes_the_same_recipe(settings):
    text = commands_of({"epochs": 7}, settings)
    assert text.startswith(
        "To train and package it again:\n\n```bash\nexport KERAS_BACKEND=jax\n"
    )
    recipe, words = trained_by(text)
    expected = with_settings(TRANSFORMER, settings)
    assert {**recipe.config(), "name": ""} == {**expected.config(), "name": ""}
    rest = ["--corpus", "multi30k", "--seed", "3", "--epochs", "7", "--out", "my_run"]
    assert words[-8:] == rest
    assert len(words) == 8 + 2 * len(settings)


@pytest.mark.parametrize(
    ("config", "file"),
    [
        ({"recipe": "mine"}, "mine.toml"),
        ({"recipe": "space_tuned,dropout=0.1"}, "space_tuned.toml"),
        # Of that name, but no setting leads there.
        ({"attention_dropout": None}, "transformer.toml"),
        ({"kind": "lstm"}, "transformer.toml"),
    ],
)
def test_a_recipe_that_has_no_name_is_said_to_be_a_file(config, file):
    text = commands_of(config)
    assert "keras-nmt train" not in text
    assert f"the TOML file of its recipe, `{file}`" in text
    assert "keras-nmt package my_run --out my_model --beam-size 3" in text


@pytest.mark.parametrize(
    ("corpus", "end"), [("captions", ""), ("data", " --corpus YOUR_TEXT")]
)
def test_an_average_is_made_with_the_text_of_its_run(corpus, end):
    text = commands_of({"corpus": corpus, AVERAGE: {"of": "last5"}})
    assert f"\nkeras-nmt average my_run --last 5 --score-test{end}\n" in text
    assert "\nkeras-nmt package my_run-average-last5 --out" in text


def test_every_system_has_its_words():
    assert model_card.SYSTEMS.keys() == SYSTEMS.keys()


def test_the_card_of_the_shipped_model_is_what_the_code_writes():
    pytest.importorskip("language_data")
    folder = SHIPPED / "multi30k-de-en"
    expected = card_of(folder)
    _, _, rest = expected.partition("\n\n")
    note = rest.partition("\n\n")[2].partition("\n\n## Use")[0]
    scores = json.loads((folder / "scores.json").read_text("utf-8"))["test"]["all"]
    rows = read_translations(folder / EXAMPLES)
    run, trained = Run(SHIPPED_RUN), keras_nmt.load(folder)
    text = model_card.text(folder, run, trained, scores, rows, note)
    assert text == expected
    assert "A transformer (7.5 million parameters, a vocabulary of 7,795 pie" in text
    assert "that translates German to English, trained on multi30k" in text


# === What may be replaced ===


def test_a_model_with_files_of_its_owner_is_not_replaced(
    run_folder, packaged, tmp_path
):
    model = shutil.copytree(packaged, tmp_path / "model")
    (model / "LICENSE").write_text("mine")
    match = r"model: holds other files \(LICENSE\).*move them away"
    with pytest.raises(InputError, match=match):
        package(Run(run_folder), model)
    assert card_of(model) == card_of(packaged)
    assert (model / "LICENSE").read_text() == "mine"
    with pytest.raises(InputError, match="LICENSE: is a file; give a new folder"):
        package(Run(run_folder), model / "LICENSE")


def test_what_the_engines_made_of_a_model_is_no_reason_to_refuse(
    run_folder, packaged, tmp_path
):
    model = shutil.copytree(packaged, tmp_path / "model")
    (model / "exports" / "ctranslate2").mkdir(parents=True)
    package(Run(run_folder), model)
    assert (model / "exports").is_dir()


def test_a_readme_alone_is_no_model(run_folder, tmp_path):
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(InputError, match=r"holds other files \(README\.md\)"):
        package(Run(run_folder), tmp_path)
    assert card_of(tmp_path) == "mine"
    assert len([*tmp_path.iterdir()]) == 1
