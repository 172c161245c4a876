"""SPACE.toml: what is searched, and errors in one line that name the key."""

import json

import pytest

from experiments.recipes import RECIPES
from keras_nmt.errors import InputError
from keras_nmt.tuning.ranges import Choices, Interval
from keras_nmt.tuning.space import read_space
from tests.test_imports import ROOT

pytestmark = pytest.mark.backend_free

TEXT = """
base = "full_transformer"
epochs = 8

[search]
model_dim = [64, 128]
encoder_layers = { low = 1, high = 4 }
dropout = { low = 0, high = 0.5, step = 0.1 }
learning_rate = { low = 1e-4, high = 1e-2, log = true }
norm = ["pre", "post"]

[pruning]
warmup_epochs = 3
"""


def read(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return read_space(path, RECIPES)


def test_a_file_says_what_is_fixed_and_what_is_tried(tmp_path):
    space = read(tmp_path, TEXT)
    assert space.name == "mine"
    assert space.fixed == {"epochs": 8}
    assert space.recipe.epochs == 8
    assert space.recipe.system is None
    assert space.ranges == {
        "model_dim": Choices((64, 128)),
        "encoder_layers": Interval(1, 4),
        "dropout": Interval(0.0, 0.5, step=0.1),
        "learning_rate": Interval(1e-4, 1e-2, log=True),
        "norm": Choices(("pre", "post")),
    }
    assert (space.pruning.startup_trials, space.pruning.warmup_epochs) == (5, 3)
    assert json.loads(json.dumps(space.record()))["search"]["model_dim"] == [64, 128]


def test_a_trial_is_the_fixed_recipe_with_its_values(tmp_path):
    recipe = read(tmp_path, TEXT).with_values("mine-003", {"dropout": 0.4})
    assert (recipe.name, recipe.dropout, recipe.epochs) == ("mine-003", 0.4, 8)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('base = "full_transformer"', "", "key base: expected the name of a recipe"),
        ("full_transformer", "full_transfromer", "did you mean full_transformer?"),
        ("epochs = 8", "epochs = 0", "epochs 0: expected a positive whole"),
        ("epochs = 8", "epoch = 8", "key epoch: the recipe has no such field, did you"),
        ("epochs = 8", "name = 'x'", "key name: the search has the name of its file"),
        ("epochs = 8", "dropout = 0.1", "key dropout: stands in [search], too"),
        ("[search]", "[serach]", "[search]: is missing or empty"),
        ("model_dim = [64", "model_dmi = [64", "did you mean model_dim?"),
        ("[64, 128]", "[64]", "[search] model_dim: a list needs two values"),
        ("[64, 128]", "[64, 64]", "a value is in the list twice"),
        ("[64, 128]", "[64, 0]", "model_dim: value 0: expected a positive whole"),
        ("[64, 128]", "[64, 'x']", "model_dim: field model_dim: expected int"),
        ("[64, 128]", "[[64], [128]]", "a list holds numbers, texts, true or false"),
        ("[64, 128]", "64", "expected a list of values, or { low = ..., high"),
        ("high = 4 }", "hihg = 4 }", "no such key hihg, did you mean high?"),
        ("high = 4 }", "log = true }", "encoder_layers: high is missing"),
        ("high = 4 }", "high = 1 }", "low 1 is not below high 1"),
        ("high = 4 }", "high = 4.5 }", "high: expected a whole number"),
        ("high = 0.5,", "high = 1.5,", "dropout: value 1.5: expected at least 0 and"),
        ("step = 0.1", "step = 0.2", "step 0.2 does not lead from 0.0 to 0.5"),
        ("step = 0.1", "step = 0.1, log = true", "low 0.0: a logarithm needs"),
        ("low = 1e-4", "low = nan", "low: expected a number. Received: nan"),
        ("log = true", "log = 1", "log: expected true or false"),
        ('["pre", "post"]', "{ low = 0, high = 1 }", "norm: holds no number"),
        ('["pre", "post"]', '["pre", "psot"]', "did you mean post?"),
        ("norm = [", "max_length = [10, 20]\nn = [", "validation would not count the"),
        ("norm = [", "newline_token = [true, false]\nn = [", "validation would not c"),
        ("norm = [", "min_frequency = [1, 2]\nn = [", 'set best_by to "bleu"'),
        ("norm = [", "average_last = [0, 2]\nn = [", "average_last: must be the same"),
        ("norm = [", "best_by = ['loss', 'bleu']\nn = [", "best_by: must be the same"),
        ("norm = [", "epoch_updates = [5, 9]\nn = [", "epoch_updates: must be the"),
        ("warmup_epochs = 3", "warm_epochs = 3", "did you mean warmup_epochs?"),
        ("warmup_epochs = 3", "warmup_epochs = -1", "a whole number of at least 0"),
        ("[pruning]", "[pruning", "is not TOML: "),
    ],
)
def test_errors_are_one_line_that_names_file_and_key(tmp_path, old, new, said):
    assert old in TEXT
    text = TEXT.replace(old, new, 1)
    with pytest.raises(InputError) as error:
        read(tmp_path, text)
    line = str(error.value)
    assert line.startswith(f"{tmp_path / 'mine.toml'}: ")
    assert said in line
    assert "\n" not in line


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"absent\.toml: No such file"):
        read_space(tmp_path / "absent.toml", RECIPES)


@pytest.mark.parametrize("name", ["recurrent", "transformer"])
def test_a_short_space_is_part_of_the_whole_one(name):
    whole, short = (
        read_space(ROOT / f"experiments/tuning/{name}{end}.toml", RECIPES)
        for end in ("", "_short")
    )
    assert short.base == whole.base
    assert short.ranges.keys() == whole.ranges.keys() - {"batch_size"}
    for field, tried in short.ranges.items():
        assert {*tried.bounds()} <= {*whole.ranges[field].bounds(), 3}


def test_other_tokens_may_be_searched_by_bleu(tmp_path):
    text = TEXT.replace("epochs = 8", 'best_by = "bleu"\nvalidation_bleu_every = 1')
    text = text.replace("norm = ", "min_frequency = [1, 2]\nnorm = ")
    assert read(tmp_path, text).ranges["min_frequency"] == Choices((1, 2))


@pytest.mark.parametrize(
    ("name", "writeup"),
    [("recurrent", "lstm_attention_best"), ("transformer", "full_transformer_best")],
)
def test_a_committed_space_contains_the_writeups_own_best(name, writeup):
    """And keeps its protocol: text, batches of one length, epochs."""
    space = read_space(ROOT / f"experiments/tuning/{name}.toml", RECIPES)
    best = RECIPES[writeup]
    assert space.recipe.epochs == best.epochs
    for field, tried in space.ranges.items():
        low, *_, high = sorted(tried.bounds())
        assert low <= getattr(best, field) <= high
    values = {field: getattr(best, field) for field in space.ranges}
    same = space.with_values(best.name, values)
    assert {**same.config(), "system": best.system} == best.config()
