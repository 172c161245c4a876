"""Recipes from TOML files and from `--set`."""

import dataclasses
from pathlib import Path

import pytest

from experiments.recipes import RECIPES
from keras_nmt.errors import InputError
from keras_nmt.recipes.from_text import read_recipe, with_settings

RNN = RECIPES["rnn"]


def written(tmp_path, text, name="mine.toml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.backend_free
def test_a_file_names_a_base_and_what_differs(tmp_path):
    differs = "dropout = 0\nvisible_padding = 13\nshapes = [[13, 13], [20, 20]]"
    path = written(tmp_path, f'base = "full_transformer"\n{differs}')
    recipe = read_recipe(path, RECIPES)
    assert recipe.name == "mine"
    assert recipe.system is None  # it is the writeup's no more
    assert type(recipe.dropout) is float
    assert recipe.shapes == ((13, 13), (20, 20))
    assert recipe.epochs == RECIPES["full_transformer"].epochs


@pytest.mark.backend_free
@pytest.mark.parametrize(
    ("name", "search"),
    [
        ("lstm_attention_tuned", "recurrent_short"),
        ("full_transformer_tuned", "transformer_short"),
    ],
)
def test_tuned_recipes_are_those_that_the_searches_found(name, search):
    """Trained for the epochs of the recipe that the search began with."""
    results = Path(__file__).parents[1] / "results/tuning"
    found = read_recipe(results / search / "best.toml", RECIPES)
    in_full = {"name": name, "epochs": RECIPES[name.removesuffix("_tuned")].epochs}
    assert RECIPES[name] == dataclasses.replace(found, epoch_updates=0, **in_full)


@pytest.mark.backend_free
def test_a_file_may_begin_with_a_byte_order_mark(tmp_path):
    path = written(tmp_path, '\ufeffbase = "rnn"\nepochs = 3')
    assert read_recipe(path, RECIPES).epochs == 3


@pytest.mark.backend_free
def test_settings_replace_fields_and_show_in_the_name():
    recipe = with_settings(RNN, ["dropout=0.3", "kind=lstm"])
    assert (recipe.dropout, recipe.kind) == (0.3, "lstm")
    assert recipe.name == "rnn,dropout=0.3,kind=lstm"
    assert recipe.system is None
    assert with_settings(RNN, []) is RNN


@pytest.mark.backend_free
@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("dropout", "expected field=value"),
        ("=3", "expected field=value"),
        ("dropuot=0.1", "did you mean dropout?"),
        ("dropout=yes", "field dropout: expected float. Received: 'yes'"),
        ("dropout=inf", "expected at least 0 and less than 1"),
        ("epochs=true", "field epochs: expected int. Received: True"),
        ("epochs=1.5", "field epochs: expected int"),
        ("shapes=[]", "field shapes: expected tuple"),
        ("shapes=[[1, 2, 3]]", "field shapes: expected tuple"),
        ("precision=bf16", "did you mean bfloat16?"),
        ("system=3", "field system"),
        ("system=rnn", "field system: only the writeup's own recipes have one"),
        ("name=", "field name: '' cannot be the name of a run's folder"),
        ("name=..", "field name: '..' cannot be"),
        ("name=../../other", "field name: '../../other' cannot be"),
    ],
)
def test_a_wrong_setting_is_told_in_one_line(setting, said):
    with pytest.raises(InputError) as error:
        with_settings(RNN, [setting])
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.backend_free
@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["attention=none"], "set attention to additive"),
        (["feeding=free_running"], "set feeding to teacher_forcing"),
        (["tokenizer=subwords"], "set tokenizer to joint_subwords, or tied to target"),
        (["hidden_dim=255"], "half of it each way; make it even"),
        (["input_feeding=false"], "tied goes with input_feeding"),
        (["input_feeding=false", "tied=none", "output_dropout=0.1"], "output_dropout"),
        (["output_dropout=1"], "expected at least 0 and less than 1"),
        (["embedding_dropout=-0.1"], "expected at least 0 and less than 1"),
    ],
)
def test_what_does_not_fit_input_feeding_is_told_in_one_line(settings, said):
    with pytest.raises(InputError) as error:
        with_settings(RECIPES["recurrent"], settings)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.backend_free
def test_a_setting_given_twice_is_refused():
    with pytest.raises(InputError, match="given twice"):
        with_settings(RNN, ["epochs=1", "epochs=2"])


@pytest.mark.backend_free
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('base = "rnn"\ndropout = .3', "line 2"),
        ("dropout = 0.3", "key base: expected the name of a recipe. Received: None"),
        ('base = "rn"', "did you mean rnn?"),
        ("base = 3", "Received: 3"),
        ('base = "rnn"\n[table]\na = 1', "no field 'table'"),
        ('base = "rnn"\nname = 3', "field name: expected str"),
        ('base = "rnn"\nname = "a/b"', "field name: 'a/b' cannot be"),
        ('base = "rnn"\nepochs = 0', "expected a positive whole number"),
    ],
)
def test_a_wrong_file_is_named_with_its_place(tmp_path, text, said):
    path = written(tmp_path, text)
    with pytest.raises(InputError) as error:
        read_recipe(path, RECIPES)
    assert str(error.value).startswith(f"{path}: ")
    assert said in str(error.value)


@pytest.mark.backend_free
def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_recipe(tmp_path / "absent.toml", RECIPES)
    with pytest.raises(InputError, match="is a folder; name a TOML file"):
        read_recipe(tmp_path, RECIPES)
    latin = tmp_path / "latin.toml"
    latin.write_bytes('base = "rnn" # für'.encode("latin-1"))
    with pytest.raises(InputError, match="is not UTF-8"):
        read_recipe(latin, RECIPES)


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ("cutoff=0.2", "cutoff 0.2 has no effect with consistency none"),
        ("consistency_weight=2.0", "consistency_weight 2.0 has no effect"),
    ],
)
def test_a_field_that_would_have_no_effect_is_refused(setting, named):
    with pytest.raises(InputError, match=named):
        with_settings(RECIPES["transformer"], [setting])
    with_settings(RECIPES["transformer"], [setting, "consistency=simcut"])


@pytest.mark.parametrize("base", ["transformer", "recurrent"])
def test_subwords_have_no_least_frequency(base):
    with pytest.raises(InputError) as error:
        with_settings(RECIPES[base], ["min_frequency=5"])
    assert str(error.value).endswith(
        "min_frequency 5 has no effect with tokenizer joint_subwords; leave it out, or "
        "set tokenizer to words"
    )
    with_settings(RECIPES[base], ["min_frequency=2"])
    with_settings(RNN, ["min_frequency=5"])


@pytest.mark.parametrize(
    ("shapes", "pair"),
    [
        ("[[10,20],[20,10],[20,20]]", "(20, 10) after (10, 20)"),
        ("[[20,20],[10,10],[20,20]]", "(10, 10) after (20, 20)"),
        ("[[20,20],[19,20]]", "(19, 20) after (20, 20)"),
    ],
)
def test_shapes_that_do_not_rise_are_refused(shapes, pair):
    base, settings = RECIPES["transformer"], ["max_length=10", "visible_padding=0"]
    with pytest.raises(InputError) as error:
        with_settings(base, [*settings, f"shapes={shapes}"])
    assert f"shapes has {pair}; order them" in str(error.value)
    assert "\n" not in str(error.value)
    with_settings(base, [*settings, "shapes=[[10,10],[10,20],[20,20],[20,20]]"])


@pytest.mark.backend_free
@pytest.mark.parametrize(
    ("base", "settings", "named"),
    [
        (
            "rnn",
            ["max_length=16", "shapes=[[16,16]]"],
            "visible_padding 20 is above the shortest source of shapes, 16",
        ),
        (
            "transformer",
            ["max_length=64", "max_positions=64"],
            "shapes reach 100, above max_positions, 64",
        ),
        ("encoder_only", ["shapes=[[24,20]]"], "both lengths of each of shapes must"),
        (
            "rnn",
            ["visible_padding=13", "shapes=[[13,13],[20,20]]"],
            "is unrolled over one length, and shapes has 2",
        ),
        ("rnn", ["embedding_dropout=0.0"], "embedding_dropout goes with input_feed"),
        (
            "transformer",
            ["schedule=cosine", "decay_steps=500"],
            "decay_steps 500 end before the warm-up does, warmup_steps 1000",
        ),
    ],
)
def test_what_would_train_otherwise_than_it_translates_is_refused(
    base, settings, named
):
    with pytest.raises(InputError, match=named):
        with_settings(RECIPES[base], settings)
