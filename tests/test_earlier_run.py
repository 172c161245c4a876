"""What a folder holds already: this run, a shorter one, or another one."""

import dataclasses
import json
import types

import pytest

from experiments import recipes
from keras_nmt.corpora.corpus import Corpus, ParallelText
from keras_nmt.errors import InputError
from keras_nmt.files import write_whole
from keras_nmt.run import earlier as earlier_run
from keras_nmt.run import runs
from keras_nmt.run import writing as run_folder
from keras_nmt.run.earlier import Earlier
from keras_nmt.run.earlier_text import mended_by
from keras_nmt.run.file_formats import write_translations
from keras_nmt.run.runs import Run
from keras_nmt.text.prepared import Prepared
from keras_nmt.training.states import States

pytestmark = pytest.mark.backend_free

RECIPE = dataclasses.replace(recipes.RNN, epochs=2)


def text(name, count=3):
    lines = (tuple(f"{side} {name} {n}" for n in range(count)) for side in "xy")
    return ParallelText(*lines)


CORPUS = Corpus("letters", "de", "en", text("a"), text("b"), text("c"))


def config_of(corpus=CORPUS, recipe=RECIPE):
    side = types.SimpleNamespace(vocabulary=range(5))
    pairs = {part: range(3) for part in ("train", "validation", "test")}
    return run_folder.config_of(recipe, Prepared(corpus, side, side, pairs, 20), 0)


def find(folder, corpus=CORPUS, recipe=RECIPE):
    config = config_of(corpus, recipe)
    return earlier_run.find(Run(folder), config, corpus, recipe.defaults())


def refusal(*arguments):
    with pytest.raises(InputError) as error:
        find(*arguments)
    assert "\n" not in str(error.value)
    return str(error.value)


def edited(part, side="target", change=None):
    """The corpus with the lines of a side turned by one."""
    lines = list(getattr(getattr(CORPUS, part), side))
    lines = change(lines) if change else [*lines[1:], lines[0]]
    sides = {side: tuple(lines)}
    return dataclasses.replace(
        CORPUS, **{part: dataclasses.replace(getattr(CORPUS, part), **sides)}
    )


@pytest.fixture
def unfinished(tmp_path):
    write_whole(tmp_path / runs.CONFIG, json.dumps(config_of()))
    States(tmp_path / "checkpoints", {}).save({}, [])
    return tmp_path


@pytest.fixture
def complete(unfinished):
    test = CORPUS.test
    rows = [(*pair, "") for pair in zip(test.source, test.target, strict=True)]
    write_translations(unfinished / runs.TRANSLATIONS, rows)
    write_whole(unfinished / runs.SCORES, '{"status": "complete"}')
    return unfinished


def without_fingerprints(folder):
    config = config_of()
    del config[earlier_run.TEXT]
    write_whole(folder / runs.CONFIG, json.dumps(config))


def test_a_run_is_found_as_far_as_it_is(complete, tmp_path):
    assert find(tmp_path / "nothing") is Earlier.NONE
    assert find(complete) is Earlier.COMPLETE
    (complete / runs.SCORES).unlink()
    assert find(complete) is Earlier.UNFINISHED


@pytest.mark.parametrize("part", ["train", "validation", "test"])
@pytest.mark.parametrize("side", ["source", "target"])
def test_a_part_that_was_edited_is_named(part, side, unfinished):
    said = refusal(unfinished, edited(part, side))
    assert f"holds a run on other text: {part} ({side} side) differs; " in said
    assert "give another --runs-dir, or --restart" in said
    assert "evaluate" not in said


@pytest.mark.parametrize("edit", ["train", "test"])
def test_a_refusal_names_the_options_of_the_command(edit, complete):
    said = refusal(complete, edited(edit))
    assert said.endswith("give another --runs-dir, or --restart to replace it")
    with (
        pytest.raises(InputError, match="give another --out, or --restart to replace"),
        mended_by("--out"),
    ):
        find(complete, edited(edit))
    with (
        pytest.raises(InputError, match=r"give another --study, or remove it$"),
        mended_by("--study", "remove it"),
    ):
        find(complete, edited(edit))


def test_a_word_that_moves_to_the_next_line_is_another_text(complete):
    joined = edited("validation", change=lambda x: [f"{x[0]}\n{x[1]}", "", x[2]])
    apart = edited("validation", change=lambda x: [x[0], f"{x[1]}\n", x[2]])
    assert joined.fingerprints() != apart.fingerprints()
    assert "validation (target side) differs" in refusal(complete, joined)


def test_other_test_text_is_scored_without_training(complete):
    said = refusal(complete, edited("test"))
    assert f"`keras-nmt evaluate {complete} --source FILE" in said


def test_another_corpus_of_the_same_name_is_told_as_that(complete):
    other = dataclasses.replace(
        CORPUS, train=text("d"), validation=text("e"), test=text("f")
    )
    said = refusal(complete, other)
    assert "train, validation, test differ" in said
    assert "another corpus named letters" in said


def test_a_run_of_the_other_direction_is_told_as_that(complete):
    turned = {
        part: ParallelText(*reversed(dataclasses.astuple(getattr(CORPUS, part))[:2]))
        for part in ("train", "validation", "test")
    }
    said = refusal(complete, dataclasses.replace(CORPUS, **turned))
    assert "translates the other way" in said


def test_sides_that_are_the_same_can_be_exchanged(tmp_path):
    same = ParallelText(("a", "b"), ("a", "b"))
    corpus = Corpus("copy", "de", "en", same, same, same)
    write_whole(tmp_path / runs.CONFIG, json.dumps(config_of(corpus)))
    assert find(tmp_path, corpus) is Earlier.UNFINISHED


def test_a_run_of_before_is_compared_as_far_as_it_can_be(complete):
    without_fingerprints(complete)
    assert find(complete) is Earlier.UNRECORDED
    assert find(complete, edited("train")) is Earlier.UNRECORDED
    assert "test (target side) differs" in refusal(complete, edited("test"))
    (complete / runs.TRANSLATIONS).unlink()
    assert "translations.tsv is missing; restore that file" in refusal(complete)


@pytest.mark.parametrize("broken", [None, [], {"train": 3}, "x"])
def test_fingerprints_that_somebody_broke_are_no_traceback(broken, complete):
    config = {**config_of(), earlier_run.TEXT: broken}
    write_whole(complete / runs.CONFIG, json.dumps(config))
    assert "train, validation, test differ" in refusal(complete)


def test_a_run_of_fewer_epochs_can_go_on_from_its_state(complete):
    longer = dataclasses.replace(RECIPE, epochs=5)
    assert find(complete, CORPUS, longer) is Earlier.SHORTER
    config = earlier_run.extended(
        Run(complete), config_of(recipe=longer), Earlier.SHORTER
    )
    assert json.dumps(config) == json.dumps(config_of(recipe=longer))
    lasting = earlier_run.lasting(config_of())
    assert json.dumps(earlier_run.lasting(config)) == json.dumps(lasting)
    States(complete / "checkpoints", {}).clear()
    said = refusal(complete, CORPUS, longer)
    assert "a complete run of 2 epochs without the state that training to 5" in said


def test_a_run_is_not_made_shorter(complete):
    shorter = dataclasses.replace(RECIPE, epochs=1)
    said = refusal(complete, CORPUS, shorter)
    assert "holds a complete run of 2 epochs, and 1 is fewer; epochs.csv says" in said
    (complete / runs.SCORES).unlink()
    write_whole(complete / runs.EPOCHS, "epoch\n1\n2\n")
    assert "run of 2 epochs, 2 of them trained, and 1 is fewer" in refusal(
        complete, CORPUS, shorter
    )
    write_whole(complete / runs.EPOCHS, "epoch\n1\n")
    assert find(complete, CORPUS, shorter) is Earlier.UNFINISHED  # it ends sooner
    States(complete / "checkpoints", {}).clear()
    assert find(complete, CORPUS, shorter) is Earlier.UNFINISHED  # it begins anew


def test_another_recipe_is_told_by_its_fields_and_not_by_its_epochs(complete):
    other = dataclasses.replace(RECIPE, epochs=3, dropout=0.5, batch_size=7)
    said = refusal(complete, edited("test"), other)
    assert "holds a run with another batch_size, dropout; give" in said


def test_a_run_of_another_backend_is_refused(complete, monkeypatch):
    monkeypatch.setattr(earlier_run.kernels, "BACKEND", "jax")
    write_whole(Run(complete).environment_file, json.dumps({"backend": "torch"}))
    said = refusal(complete)
    assert "holds a run of the backend torch, and this is jax; set KERAS_BACK" in said
