"""What a figure shows is what the runs hold; what they lack is left out, not drawn."""

import math

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from experiments.report.figures import (
    LARGEST,
    learning_curves,
    overview,
    save_figure,
)
from experiments.report.systems import BACKEND_COLOURS
from experiments.report.tables import read_reference, recipe_table, writeup_table
from keras_nmt.evaluation.drawing import save_image
from keras_nmt.run.runs import load_runs
from tests.test_reporting import REFERENCE, edit, make_run

pytestmark = pytest.mark.backend_free


def texts_of(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def drawn_overview(runs, table):
    rows = {row["recipe"]: row for row in table.to_dict("records")}
    recipes = {name: [run for run in runs if run.recipe == name] for name in rows}
    return overview(rows, recipes, "systems")


def test_every_run_is_a_line_and_the_writeup_a_mark(tmp_path):
    for seed in (0, 1):
        make_run(tmp_path, seed=seed)
    reference = read_reference(REFERENCE).loc["lstm"]
    figure = learning_curves(load_runs(tmp_path), reference)
    training, validation = (
        {(line.get_marker(), float(line.get_ydata()[-1])) for line in axes.lines}
        for axes in figure.axes
    )
    assert training == {("None", 3.0), ("o", 3.0), ("D", 3.0410)}
    assert validation == {("None", 3.5), ("o", 3.5), ("D", 3.1956)}
    (legend,) = (axes.get_legend() for axes in figure.axes if axes.get_legend())
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["JAX, 2 runs", "the writeup's"]


def test_a_backend_has_the_same_colour_in_every_figure(tmp_path):
    for backend in ("jax", "tensorflow", "torch"):
        make_run(tmp_path, backend=backend)
    figure = learning_curves(load_runs(tmp_path))
    lines = [line for line in figure.axes[1].lines if line.get_marker() == "None"]
    assert [line.get_color() for line in lines] == [
        BACKEND_COLOURS[name] for name in ("jax", "tensorflow", "torch")
    ]


def test_the_overview_draws_every_run_and_the_spread_of_seeds(tmp_path):
    for seed, loss in enumerate((3.0, 3.2)):
        make_run(tmp_path, seed=seed, losses=(loss,))
    runs = load_runs(tmp_path)
    loss = drawn_overview(runs, recipe_table(runs, ("recipe",))).axes[1]
    dots = [line for line in loss.lines if line.get_marker() == "o"]
    assert list(dots[0].get_xdata()) == pytest.approx([3.75, 3.95])
    (bar,) = loss.collections
    ((left, _), (right, _)) = bar.get_segments()[0]
    assert right - left == pytest.approx(2 * math.sqrt(2) / 10)


def test_nothing_is_drawn_without_a_result(tmp_path):
    (make_run(tmp_path) / "scores.json").unlink()
    assert learning_curves(load_runs(tmp_path)) is None


def test_a_run_of_nothing_but_nan_can_be_drawn(tmp_path):
    make_run(tmp_path, losses=(math.nan, math.inf))
    runs = load_runs(tmp_path)
    save_figure(learning_curves(runs), tmp_path / "curves")
    figure = drawn_overview(runs, recipe_table(runs, ("recipe",)))
    assert "inf" in texts_of(figure)
    save_figure(figure, tmp_path / "overview")


def test_the_overview_tells_missing_and_failed_in_words(tmp_path):
    make_run(tmp_path)
    edit(make_run(tmp_path, recipe="rnn"), "scores.json", status="failed")
    runs = load_runs(tmp_path)
    table = writeup_table(runs, read_reference(REFERENCE), ("recipe",))
    texts = texts_of(drawn_overview(runs, table))
    assert texts.count("missing") == 2 * 6
    assert texts.count("failed") == 2
    assert "3.750" in texts


def test_a_hostile_recipe_name_is_drawn_as_it_is(tmp_path):
    make_run(tmp_path, recipe=r"$\frac$", system=None)
    figure = learning_curves(load_runs(tmp_path))
    assert figure.get_suptitle() == r"$\frac$ on multi30k"
    save_figure(figure, tmp_path / "figure")


def test_a_large_image_is_stored_with_few_colours_and_all_its_pixels(tmp_path):
    figure = Figure(figsize=(12, 12))
    values = np.random.default_rng(0).random((220, 220))
    figure.add_subplot().imshow(values, cmap="Blues")
    full, small, again = (tmp_path / name for name in ("full.png", "small", "again"))
    save_image(figure, full)
    paths = [save_figure(figure, stem) for stem in (small, again)]
    assert full.stat().st_size > LARGEST > paths[0].stat().st_size
    assert paths[0].read_bytes() == paths[1].read_bytes()
    before, after = (
        np.asarray(Image.open(path).convert("RGB"), "int") for path in (full, paths[0])
    )
    assert before.shape == after.shape
    assert np.abs(before - after).mean() < 2
