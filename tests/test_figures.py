"""What a figure shows is what the runs hold; what they lack is left out, not drawn."""

import math

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from experiments.report.figures import learning_curves, overview, save_figure
from experiments.report.tables import read_reference, recipe_table, writeup_table
from keras_nmt.run.runs import load_runs
from tests.test_reporting import REFERENCE, edit, make_run

pytestmark = pytest.mark.backend_free


def texts_of(figure):
    (axes,) = figure.axes
    return [text.get_text() for text in axes.texts]


def test_every_run_is_a_line_and_the_writeup_a_mark(tmp_path):
    for seed in (0, 1):
        make_run(tmp_path, seed=seed)
    reference = read_reference(REFERENCE).loc["lstm"]
    figure = learning_curves(load_runs(tmp_path), reference)
    (axes,) = figure.axes
    drawn = [line.get_ydata()[-1] for line in axes.lines]
    validation, training = math.exp(3.5), math.exp(3.0)
    assert drawn == [validation, validation, 24.4254, training, training, 20.9267]
    assert "validation 33.12\n◇ writeup 24.43" in texts_of(figure)


def test_a_wide_range_gets_a_log_axis(tmp_path):
    make_run(tmp_path, recipe="steep", losses=(6.0, 1.0))
    make_run(tmp_path, recipe="flat", losses=(1.2, 1.0))
    flat, steep = load_runs(tmp_path)
    assert learning_curves([steep]).axes[0].get_yscale() == "log"
    assert learning_curves([flat]).axes[0].get_yscale() == "linear"


def test_labels_of_near_curves_do_not_collide(tmp_path):
    make_run(tmp_path)
    figure = learning_curves(load_runs(tmp_path), read_reference(REFERENCE).loc["lstm"])
    figure.draw_without_rendering()
    renderer = FigureCanvasAgg(figure).get_renderer()
    labels = [t for t in figure.axes[0].texts if "writeup" in t.get_text()]
    upper, lower = (label.get_window_extent(renderer) for label in labels)
    assert not upper.overlaps(lower)


def test_nothing_is_drawn_without_a_result(tmp_path):
    (make_run(tmp_path) / "scores.json").unlink()
    assert learning_curves(load_runs(tmp_path)) is None


def test_a_diverged_run_is_labelled_nan(tmp_path):
    make_run(tmp_path, losses=(4.0, math.nan))
    figure = learning_curves(load_runs(tmp_path))
    assert "validation nan" in texts_of(figure)
    save_figure(figure, tmp_path / "figure")


def test_a_run_of_nothing_but_nan_can_be_drawn(tmp_path):
    make_run(tmp_path, losses=(math.nan, math.inf))
    runs = load_runs(tmp_path)
    save_figure(learning_curves(runs), tmp_path / "curves")
    save_figure(overview(recipe_table(runs), "all nan"), tmp_path / "overview")


def test_the_overview_tells_missing_and_failed_in_words(tmp_path):
    make_run(tmp_path)
    edit(make_run(tmp_path, recipe="rnn"), "scores.json", status="failed")
    table = writeup_table(load_runs(tmp_path), read_reference(REFERENCE))
    texts = texts_of(overview(table, "systems"))
    assert texts.count("missing") == 6
    assert texts.count("failed") == 1
    assert "3.5000" in texts


def test_a_hostile_recipe_name_is_drawn_as_it_is(tmp_path):
    make_run(tmp_path, recipe=r"$\frac$", system=None)
    figure = learning_curves(load_runs(tmp_path))
    assert figure.axes[0].get_title(loc="left") == r"$\frac$"
    save_figure(figure, tmp_path / "figure")
