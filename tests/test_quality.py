"""Scores by run and BLEU by length: what lacks a score says so in a word."""

import math
from itertools import pairwise

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from experiments import rescore
from experiments.report import quality
from experiments.report.lengths import (
    bin_names,
    length_figure,
    length_table,
)
from experiments.report.score_tables import costs_table, runs_table, signatures
from experiments.report.tables import recipe_table
from keras_nmt.evaluation.bleu import count_run
from keras_nmt.evaluation.scores import score
from keras_nmt.run.file_formats import write_translations
from keras_nmt.run.runs import load_runs
from tests.test_reporting import edit, make_run, report

pytestmark = pytest.mark.backend_free

LINE = "one two three four five six"
NEW = score([LINE, LINE], [LINE, LINE.replace("six", "Six")], kept=[0])
BROKEN = (None, [], {"all": 3}, {"all": {"lowercased": {"bleu": {"score": 1.0}}}})


def make_long_run(runs_dir, recipe, lengths, **options):
    """A run whose sources have these numbers of words, translated perfectly."""
    folder = make_run(runs_dir, recipe=recipe, **options)
    rows = [("wort " * length, LINE, LINE) for length in lengths]
    write_translations(folder / "translations.tsv", rows)
    return folder


def make_scored_run(runs_dir, found, **options):
    """A run with these scores, and as many lines as they count."""
    folder = make_run(runs_dir, **options)
    edit(folder, "scores.json", test=found)
    rows = [(LINE, LINE, LINE)] * found["all"]["sentences"]
    write_translations(folder / "translations.tsv", rows)
    return folder


def counted_runs(runs_dir):
    return [count_run(run) for run in load_runs(runs_dir)]


# === Gains ===


def test_only_a_gain_of_the_lstm_that_matters_is_explained(tmp_path, monkeypatch):
    references = [f"{LINE} {number}" for number in range(20)]
    for recipe, hypotheses in (
        ("rnn", [f"{LINE} 20"] * 20),
        ("lstm", references),
    ):
        found = score(hypotheses, references, range(20))
        folder = make_scored_run(tmp_path / "runs", found, recipe=recipe)
        rows = zip(references, references, hypotheses, strict=True)
        write_translations(folder / "translations.tsv", rows)
    page = (report(tmp_path) / "REPORT.md").read_text("utf-8")
    said = " ".join(page.split())
    assert "the rnn writes 1 distinct translation, so it hardly uses" in said
    assert "; the lstm writes 20." in said
    monkeypatch.setattr(quality, "LEAST_EXPLAINED", 99)
    page = (report(tmp_path) / "REPORT.md").read_text("utf-8")
    assert "rnn → lstm" in page
    assert "Why the LSTM" not in page


# === Scores ===


def test_scores_by_several_tokenizers_have_no_mean(tmp_path):
    """And the page names the tokenizers that counted, not the usual one."""
    for seed, tokenize in enumerate(("13a", "char")):
        found = score([LINE] * 3, [LINE] * 3, range(3), tokenize=tokenize)
        make_scored_run(tmp_path / "runs", found, seed=seed)
    page = (report(tmp_path) / "REPORT.md").read_text("utf-8")
    assert "| other tokens |" in page
    assert "tok:13a|" in page
    assert "tok:char|" in page


def test_scores_are_shown_with_their_intervals(tmp_path):
    make_scored_run(tmp_path, NEW)
    table = runs_table(load_runs(tmp_path))
    assert table.loc[0, "run"] == "multi30k/lstm/jax-seed0"
    assert table.loc[0, "all_lowercased_bleu_low"] == pytest.approx(100)
    cased = NEW["all"]["cased"]["bleu"]
    assert table.loc[0, "all_cased_bleu"] == cased["score"] < 100
    assert table.loc[0, "all_cased_bleu_low"] == cased["interval"][0]


@pytest.mark.parametrize("test", BROKEN)
def test_scores_of_another_form_ask_to_be_made_anew(tmp_path, test):
    edit(make_run(tmp_path), "scores.json", test=test)
    runs = load_runs(tmp_path)
    assert runs_table(runs)["all_lowercased_bleu"].tolist() == ["rescore"]
    assert signatures(runs) == []


def test_where_no_line_is_kept_the_cell_is_empty(tmp_path):
    make_scored_run(tmp_path, score([LINE], [LINE]))
    assert runs_table(load_runs(tmp_path)).loc[0, "kept_lowercased_bleu"] is None


def test_failed_and_partial_runs_show_their_status(tmp_path):
    edit(make_scored_run(tmp_path, NEW, seed=0), "scores.json", status="failed")
    folder = make_scored_run(tmp_path, NEW, seed=1)
    (folder / "epochs.csv").unlink()
    table = runs_table(load_runs(tmp_path))
    for name in ("all_lowercased_bleu", "kept_lowercased_bleu", "status"):
        assert table[name].tolist() == ["failed", "partial"]
    costs = costs_table(load_runs(tmp_path))
    assert costs["training_tokens_per_second"].tolist() == [None, None]


def test_a_nan_score_stays_nan(tmp_path):
    folder = make_run(tmp_path, losses=(4.0, math.nan))
    (run,) = load_runs(tmp_path)
    assert runs_table([run]).loc[0, "all_lowercased_bleu"] == "nan"
    bleu = {"score": math.nan, "interval": [math.nan, math.nan], "signature": ""}
    edit(folder, "scores.json", test={"all": {"lowercased": {"bleu": bleu}}})
    table = runs_table(load_runs(tmp_path))
    assert math.isnan(table.loc[0, "all_lowercased_bleu"])
    assert math.isnan(recipe_table(load_runs(tmp_path)).loc[0, "bleu"])


def test_size_and_speed_are_shown(tmp_path):
    folder = make_run(tmp_path, losses=(4.0, 3.0, 2.0))
    text = (folder / "epochs.csv").read_text()
    (folder / "epochs.csv").write_text(text.replace(",60,1000\n", ",60,4321.5\n", 2))
    speed = {"sentences_per_second": 43.21}
    edit(folder, "scores.json", translation=speed, parameters=1234567)
    edit(folder, "environment.json", device="cpu:0")
    (costs,) = costs_table(load_runs(tmp_path)).to_dict("records")
    assert (costs["training_tokens_per_second"], costs["sentences_per_second"]) == (
        *(4321.5, 43.21),
    )
    assert costs["device"] == "cpu:0"
    assert runs_table(load_runs(tmp_path)).loc[0, "parameters"] == 1234567


@pytest.mark.parametrize("translation", [None, 3, {}, {"sentences_per_second": "x"}])
def test_a_run_without_the_speed_of_translation_has_an_empty_cell(
    tmp_path, translation
):
    edit(make_run(tmp_path), "scores.json", translation=translation)
    table = costs_table(load_runs(tmp_path))
    assert table["sentences_per_second"].tolist() == [None]


def test_signatures_are_listed_once(tmp_path):
    for seed in (0, 1):
        make_scored_run(tmp_path, NEW, seed=seed)
    found = signatures(load_runs(tmp_path))
    assert [line.partition("|")[0] for line in found] == ["BLEU", "chrF", "TER", "BLEU"]
    assert NEW["all"]["lowercased"]["bleu"]["signature"] in found[0]


# === BLEU by length ===


def test_every_length_has_its_bin(tmp_path):
    make_long_run(tmp_path, "lstm", [0, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 40])
    table = length_table(counted_runs(tmp_path))
    assert table["source_words"].tolist() == bin_names()
    assert bin_names() == ["≤7", "8–9", "10–11", "12–13", "14–16", "17+"]
    assert table["sentences"].tolist() == [2] * 6
    assert table["bleu"].tolist() == pytest.approx([100] * 6)


def test_an_empty_bin_has_no_score_and_breaks_the_line(tmp_path):
    make_long_run(tmp_path, "lstm", [7, 12])
    table = length_table(counted_runs(tmp_path))
    assert table["bleu"].isna().tolist() == [False, True, True, False, True, True]
    (axes,) = length_figure(table, "title").axes
    assert [math.isnan(y) for y in axes.lines[0].get_ydata()] == [
        *(False, True, True),
        *(False, True, True),
    ]


def test_the_intervals_are_drawn_each_beside_the_others(tmp_path):
    rows = [("wort " * 7, LINE, line) for line in (LINE, LINE[:-4], "one two")]
    for recipe in ("lstm", "rnn"):
        folder = make_run(tmp_path, recipe=recipe)
        write_translations(folder / "translations.tsv", rows)
    table = length_table(counted_runs(tmp_path))
    (axes,) = length_figure(table, "title").axes
    bars = [bar.get_segments()[0] for bar in axes.collections]
    low, high = table.loc[0, ["low", "high"]]
    assert low < high
    for (x_low, y_low), (x_high, y_high) in bars:
        assert (y_low, y_high) == pytest.approx((low, high))
        assert x_low == x_high
    assert bars[0][0][0] != bars[1][0][0]


def test_labels_of_equal_lines_do_not_collide(tmp_path):
    for recipe in ("rnn", "lstm", "own"):
        make_long_run(tmp_path, recipe, [7, 20], system=None)
    figure = length_figure(length_table(counted_runs(tmp_path)), "title")
    figure.draw_without_rendering()
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = sorted(
        (text.get_window_extent(renderer) for text in figure.axes[0].texts),
        key=lambda box: box.y0,
    )
    assert len(boxes) == 3
    assert all(a.y1 <= b.y0 for a, b in pairwise(boxes))


# === The page ===


def test_a_rescored_run_loses_the_word_rescore(tmp_path):
    folder = make_run(tmp_path / "runs")
    page = report(tmp_path) / "REPORT.md"
    assert "| rescore |" in page.read_text(encoding="utf-8")
    rescore.main([str(folder)])
    report(tmp_path)
    assert "| rescore |" not in page.read_text(encoding="utf-8")


def test_the_first_complete_run_speaks_for_its_recipe(tmp_path):
    runs = tmp_path / "runs"
    (make_long_run(runs, "lstm", [7], seed=0) / "epochs.csv").unlink()
    make_long_run(runs, "lstm", [8], seed=1)
    make_long_run(runs, "lstm", [9, 9], seed=2)
    edit(make_long_run(runs, "rnn", [7]), "scores.json", status="failed")
    make_long_run(runs, "encoder_only", [])
    tables = report(tmp_path) / "tables"
    rows = (tables / "bleu_by_length.csv").read_text(encoding="utf-8")
    assert "\nlstm,lstm,8–9,1,100.0000," in rows
    assert "\nlstm,lstm,≤7,0,," in rows
    assert not (tables / "significance.csv").exists()
    for recipe in ("lstm", "lstm_attention"):
        make_scored_run(runs, NEW, recipe=recipe, seed=3)
    (runs / "multi30k" / "lstm" / "jax-seed1" / "epochs.csv").unlink()
    (runs / "multi30k" / "lstm" / "jax-seed2" / "epochs.csv").unlink()
    page = (report(tmp_path) / "REPORT.md").read_text(encoding="utf-8")
    text = (tables / "significance.csv").read_text(encoding="utf-8")
    assert "\nrnn,lstm,failed,,," in text
    assert "\nlstm,rnn_attention,missing,,," in text
    assert "\nlstm,encoder_only,no lines,,," in text
    assert "\nlstm,lstm_attention,+0.0000,0.0000,0.0000,1.0000\n" in text
    assert (
        "| lstm → lstm_attention | attention to every encoder output "
        "| +0.00 | +0.00 | 1.000 | no |"
    ) in page


def test_a_recipe_of_our_own_is_scored_but_not_in_the_matrix(tmp_path):
    runs = tmp_path / "runs"
    for recipe in ("lstm", "rnn"):
        make_long_run(runs, recipe, [8])
    make_long_run(runs, "own", [8], system=None)
    tables = report(tmp_path) / "tables"
    names = ("significance.csv", "bleu_by_length.csv", "runs.csv")
    matrix, lengths, scores = ((tables / name).read_text("utf-8") for name in names)
    assert "own" not in matrix
    assert "\nown,,8–9,1,100.0000," in lengths
    assert "\nmulti30k/own/jax-seed0,own,jax,0,complete," in scores
