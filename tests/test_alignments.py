"""Where a system looked: kept as it was, told in the picture, refused when damaged."""

import json
import math

import numpy as np
import pytest

from keras_nmt.errors import InputError
from keras_nmt.evaluation.alignments import (
    Alignment,
    read_alignments,
    write_alignments,
)
from keras_nmt.evaluation.attention_maps import SENTENCES_A_ROW, attention_maps
from keras_nmt.evaluation.drawing import save_image
from keras_nmt.run.runs import ALIGNMENTS
from tests.checks import random, softmax
from tests.test_reporting import make_run, report

pytestmark = pytest.mark.backend_free


def sentence(seed=0, layers=("attention",), heads=1, source="ein hund ↵", target="a"):
    """An `Alignment` whose rows sum to 1."""
    sides = source.split(), target.split()
    shape = heads, len(sides[1]), len(sides[0])
    weights = {name: softmax(random(seed, *shape)) for name in layers}
    return Alignment(*sides, weights)


SENTENCES = [
    sentence(),
    sentence(1, ("decoder_0", "decoder_1"), 2, "<unk> \u2028 $a$ ü", "a , b </b>"),
    Alignment(["ein"], ["a"], {}),
]


def panels(figure):
    return [axes for axes in figure.axes if axes.images]


def labels(ticks):
    return [tick.get_text() for tick in ticks]


def test_alignments_come_back_to_four_decimals(tmp_path):
    path = write_alignments(tmp_path / ALIGNMENTS, SENTENCES)
    found = read_alignments(path)
    assert [a[:2] for a in found] == [a[:2] for a in SENTENCES]
    for after, before in zip(found, SENTENCES, strict=True):
        assert after.weights.keys() == before.weights.keys()
        for name, weights in before.weights.items():
            np.testing.assert_allclose(after.weights[name], weights, atol=5.1e-5)
    again = write_alignments(tmp_path / "again.json", found)
    assert again.read_bytes() == path.read_bytes()


def test_weights_that_are_no_numbers_stay_so(tmp_path):
    weights = {"attention": np.full((1, 1, 1), math.nan)}
    path = write_alignments(tmp_path / "a.json", [Alignment(["x"], ["y"], weights)])
    (found,) = read_alignments(path)
    assert np.isnan(found.weights["attention"]).all()
    save_image(attention_maps([found]), tmp_path / "a.png")


def damaged(**changes):
    sound = sentence()
    weights = {name: heads.tolist() for name, heads in sound.weights.items()}
    return json.dumps([{**sound._replace(weights=weights)._asdict(), **changes}])


DAMAGED = {
    "no JSON": damaged()[:-9],
    "an object": '{"source_tokens": []}',
    "no sentence": "[1]",
    "a key too few": '[{"source_tokens": ["a"], "target_tokens": ["b"]}]',
    "a key too many": damaged(more=1),
    "no weights": damaged(weights=None),
    "weights in words": damaged(weights={"attention": [[["a", "b", "c"]]]}),
    "ragged weights": damaged(weights={"attention": [[[0.1, 0.2], [0.3]]]}),
    "weights of other tokens": damaged(target_tokens=["a", "b"]),
    "tokens that are none": damaged(source_tokens=3),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_named_in_one_line(tmp_path, content):
    path = tmp_path / ALIGNMENTS
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_alignments(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("count", [1, 2, SENTENCES_A_ROW, 5])
def test_one_map_a_sentence_stands_in_rows(count):
    figure = attention_maps([sentence(seed) for seed in range(count)])
    assert len(panels(figure)) == count
    columns = {axes.get_subplotspec().colspan.start for axes in panels(figure)}
    assert len(columns) == min(count, SENTENCES_A_ROW)


def test_a_single_sentence_shows_every_head_and_several_their_mean():
    found = [sentence(seed, ("decoder_0", "decoder_1"), 3) for seed in range(2)]
    alone = panels(attention_maps(found[:1]))
    titles = [f"decoder_{n}, head {k}" for n in (0, 1) for k in (1, 2, 3)]
    assert [axes.get_title(loc="left") for axes in alone] == titles
    together = panels(attention_maps(found))
    assert [axes.get_title(loc="left") for axes in together] == [
        *2 * ["decoder_0, mean of 3 heads"],
        *2 * ["decoder_1, mean of 3 heads"],
    ]
    np.testing.assert_allclose(
        together[3].images[0].get_array(), found[1].weights["decoder_1"].mean(axis=0)
    )


@pytest.mark.parametrize(("most_inches", "shown"), [(9.0, 6), (2.0, 3), (0.1, 3)])
def test_a_low_figure_shows_the_last_layers(most_inches, shown):
    found = sentence(0, ("decoder_0", "decoder_1"), 3)
    whole, low = (
        [axes.get_title(loc="left") for axes in panels(attention_maps([found], most))]
        for most in (None, most_inches)
    )
    assert len(whole) == 6
    assert low == whole[-shown:]


def test_a_map_shows_the_weights_between_their_tokens(tmp_path):
    figure = attention_maps(SENTENCES[1:2])
    axes = panels(figure)[3]
    assert labels(axes.get_yticklabels()) == SENTENCES[1].target_tokens
    assert labels(axes.get_xticklabels()) == SENTENCES[1].source_tokens
    np.testing.assert_array_equal(
        axes.images[0].get_array(), SENTENCES[1].weights["decoder_1"][1]
    )
    save_image(figure, tmp_path / "figure.svg")


def test_all_maps_have_one_scale_so_even_attention_is_one_pale_tint():
    even = sentence()._replace(weights={"attention": np.full((1, 1, 3), 1 / 20)})
    for found in ([sentence()], [even], [sentence(), even]):
        for axes in panels(attention_maps(found)):
            assert axes.images[0].get_clim() == (0, 1)
    (axes,) = panels(attention_maps([even]))
    tints = axes.images[0].to_rgba(axes.images[0].get_array())[..., :3]
    assert np.ptp(tints, axis=1).max() == 0
    assert tints.min() > 0.7
    assert axes.get_title(loc="left") == "attention (85% on padding)"


@pytest.mark.parametrize("nothing", [[], SENTENCES[2:]], ids=["sentence", "attention"])
def test_nothing_to_draw_is_said(nothing):
    with pytest.raises(InputError, match="no attention to draw"):
        attention_maps(nothing)


def test_the_report_shows_the_picture_or_why_there_is_none(tmp_path):
    sound, broken = (make_run(tmp_path / "runs", name) for name in ("lstm", "rnn"))
    write_alignments(sound / ALIGNMENTS, SENTENCES[:1])
    (broken / ALIGNMENTS).write_text("[]", encoding="utf-8")
    systems = report(tmp_path) / "systems"
    told, untold = (
        (systems / f"{name}.md").read_text("utf-8") for name in ("lstm", "rnn")
    )
    assert told.count("![attention weights, lstm]") == 1
    assert untold.count("No picture: ") == 1


def test_the_report_has_three_sentences_a_figure_and_the_others_a_file_each(tmp_path):
    folder = make_run(tmp_path / "runs", "lstm")
    write_alignments(folder / ALIGNMENTS, [sentence(seed) for seed in range(5)])
    figures = report(tmp_path) / "figures"
    assert {path.name for path in figures.glob("attention*")} == {
        *("attention_lstm.png", "attention_lstm_4.png", "attention_lstm_5.png"),
    }
