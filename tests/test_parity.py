"""Parity: kept, judged and shown as measured; a broken bound is never hidden."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from experiments import each_backend, parity
from experiments.report.parity_verdicts import (
    load_parity,
    pair_table,
    parity_of,
    summary,
)
from keras_nmt.files import write_json
from tests.test_reporting import make_run, report
from tests.test_train import small_corpus

pytestmark = pytest.mark.backend_free

BACKENDS = ("tensorflow", "jax", "torch")
PAIR = {
    "logits": 2e-6,
    "largest_logit": 4.0,
    "gradients": 1e-6,
    "gradients_absolute": 2e-7,
    "largest_gradient": 0.2,
    "gradients_worst": 3e-3,
    "gradients_worst_weight": "projection/bias",
    "gradients_worst_column": 1.0,
    "differing_lines": 0,
    "first_differing_lines": [],
}


def measured(**changes):
    """A file's content in which all bounds hold but for `changes` of a pair."""
    pairs = [("tensorflow", "jax"), ("tensorflow", "torch"), ("jax", "torch")]
    return {
        "recipe": "lstm",
        "corpus": "multi30k",
        "seed": 0,
        "steps": 3,
        "parameters": 7,
        "test_lines": 1000,
        "pairs": [{"backends": list(pair), **PAIR} for pair in pairs[:-1]]
        + [{"backends": list(pairs[-1]), **PAIR, **changes}],
        "loads": {one: dict.fromkeys(BACKENDS, True) for one in BACKENDS},
        "nudged_losses": [4.0, 3.5, 3.5],
        "backends": {
            name: {"version": "1", "device": "cpu", "losses": [4.0, 3.5, 3.25]}
            for name in BACKENDS
        },
    }


def row_of(content):
    (row,) = summary([parity_of(content)]).to_dict("records")
    return row


# === The verdict ===


def test_equal_backends_hold_every_bound():
    row = row_of(measured())
    assert row == {
        "recipe": "lstm",
        "backends": "tensorflow, jax, torch",
        "logits": "2.0e-06",
        "gradients": "1.0e-06",
        "gradients_absolute": "2.0e-07",
        "losses of 3 steps": "0.0e+00",
        "nudged": "7.7e-02",
        "identical_lines": "1,000 of 1,000",
        "loads": "9 of 9",
        "same": "yes",
    }


@pytest.mark.parametrize(
    ("column", "changes", "text"),
    [
        ("logits", {"logits": 1.1e-5}, "1.1e-05 ✗"),
        ("logits", {"logits": float("nan")}, "nan ✗"),
        ("gradients", {"gradients": 2e-4}, "2.0e-04 ✗"),
        ("gradients_absolute", {"gradients_absolute": 2e-4}, "2.0e-04 ✗"),
        ("identical_lines", {"differing_lines": 2}, "998 of 1,000 ✗"),
    ],
)
def test_one_pair_beyond_a_bound_breaks_it(column, changes, text):
    row = row_of(measured(**changes))
    assert (row[column], row["same"]) == (text, "no")
    assert sum("✗" in str(cell) for cell in row.values()) == 1


def test_one_line_in_a_thousand_may_differ():
    assert row_of(measured(differing_lines=1))["same"] == "yes"


@pytest.mark.parametrize(
    ("loss", "nudged", "text", "verdict"),
    [
        (3.51, 3.5, "2.9e-03 ✗", "no"),
        (3.51, None, "2.9e-03 ✗", "no"),
        (3.51, 3.505, "2.9e-03", "as close as float32 allows"),
        (3.51, 3.504, "2.9e-03 ✗", "no"),
        (np.nan, 3.7, "nan ✗", "no"),
    ],
)
def test_losses_are_judged_against_the_nudged_run(loss, nudged, text, verdict):
    """Twice what a rounding of the weights does is as close as float32 allows."""
    content = measured()
    content["backends"]["jax"]["losses"][1] = loss
    content["nudged_losses"] = nudged and [4.0, nudged, 3.25]
    row = row_of(content)
    assert (row["losses of 3 steps"], row["same"]) == (text, verdict)


def test_rounding_excuses_no_other_bound():
    content = measured(logits=1e-3)
    content["backends"]["jax"]["losses"][1] = 3.51
    assert row_of(content)["same"] == "no"


def test_a_load_that_changes_an_array_is_marked():
    content = measured()
    content["loads"]["jax"]["torch"] = False
    row = row_of(content)
    assert (row["loads"], row["same"]) == ("8 of 9 ✗", "no")


def test_every_pair_has_its_row():
    table = pair_table([parity_of(measured(logits=1e-3))])
    pairs = ["tensorflow jax", "tensorflow torch", "jax torch"]
    assert table["backends"].tolist() == pairs
    assert table["logits"].tolist() == ["2.0e-06", "2.0e-06", "1.0e-03"]


# === The report ===


def keep(results_dir, content, recipe="lstm", corpus="multi30k"):
    content = {**content, "recipe": recipe, "corpus": corpus}
    write_json(results_dir / "parity" / corpus / f"{recipe}.json", content)


def test_the_report_has_table_figure_and_verdict_twice_the_same(tmp_path):
    make_run(tmp_path / "runs")
    contents = []
    for name in ("one", "two"):
        keep(tmp_path / name, measured())
        keep(tmp_path / name, measured(logits=1e-3), "rnn")
        keep(tmp_path / name, measured(), corpus="captions")
        results = report(tmp_path, name, drawn=True)
        page = (results / "REPORT.md").read_text("utf-8")
        assert "**a bound breaks for rnn**" in page
        assert page.count("every bound holds for lstm") == 2
        stems = "tables/{}parity.csv", "figures/{}parity.png"
        files = [stem.format(x) for stem in stems for x in ("", "captions_")]
        contents.append([(results / file).read_bytes() for file in files])
    assert contents[0] == contents[1]


def test_recipes_come_in_the_writeups_order(tmp_path):
    for recipe in ("mine", "encoder_only", "rnn"):
        keep(tmp_path, measured(), recipe)
    found, _ = load_parity(tmp_path)
    assert [parity.recipe for parity in found] == ["rnn", "encoder_only", "mine"]


def test_nothing_measured_is_no_section(tmp_path):
    make_run(tmp_path / "runs")
    page = (report(tmp_path) / "REPORT.md").read_text("utf-8")
    assert "## Do the backends" not in page


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content.pop("pairs"),
        lambda content: content["backends"]["jax"].update(losses=[1.0]),
        lambda content: content.update(loads=[]),
        lambda content: content.update(nudged_losses=[1.0]),
        lambda content: content["pairs"][0].pop("logits"),
    ],
)
def test_a_damaged_file_is_told_and_stops_nothing(tmp_path, damage):
    make_run(tmp_path / "runs")
    broken = measured()
    damage(broken)
    keep(tmp_path / "results", broken, "rnn")
    keep(tmp_path / "results", measured())
    page = (report(tmp_path) / "REPORT.md").read_text("utf-8")
    assert "multi30k/rnn.json: a key is missing or damaged" in page
    assert "every bound holds for lstm" in page


# === Gradients ===


def test_gradients_are_measured_together_and_each_by_its_own_size():
    one = {"m/large": np.array([3.0, 4.0]), "m/small": np.array([0.03, 0.04])}
    found = parity.compare_gradients(one, {**one, "m/small": np.array([0.03, 0.045])})
    assert found == {
        "gradients": 0.001,
        "gradients_absolute": 0.005,
        "largest_gradient": 4.0,
        "gradients_worst": 0.1,
        "gradients_worst_weight": "small",
        "gradients_worst_column": 1.0,
    }


def test_a_gradient_of_rounding_alone_is_measured_against_a_thousandth():
    one = {"m/large": np.array([10.0]), "m/rounding": np.array([1e-9])}
    found = parity.compare_gradients(one, {**one, "m/rounding": np.array([-1e-9])})
    assert found["gradients_worst"] == 2e-7


def test_a_gradient_that_is_no_number_is_the_worst():
    one = {"m/a": np.array([1.0]), "m/b": np.array([1.0])}
    found = parity.compare_gradients(one, {**one, "m/b": np.array([np.nan])})
    assert found["gradients_worst_weight"] == "b"
    assert np.isnan(found["gradients"])
    assert np.isnan(found["gradients_absolute"])


def test_a_unit_that_jumps_is_told_from_a_difference_everywhere():
    one = {"m/kernel": np.ones((3, 4))}
    jump, drift = np.zeros((3, 4)), np.full((3, 4), 1e-4)
    jump[:, 2] = 1e-4
    shares = [
        parity.compare_gradients(one, {"m/kernel": one["m/kernel"] + x})[
            "gradients_worst_column"
        ]
        for x in (jump, drift)
    ]
    assert shares == [1.0, 0.25]


# === The command ===


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--steps", "0"], "--steps"),
        (["--seed", "-1"], "--seed"),
        (["--backends", "jxa"], "unknown backend 'jxa'"),
        (["--backends", "jax"], "takes two backends"),
    ],
)
def test_bad_input_is_one_line(arguments, message, capsys):
    with pytest.raises(SystemExit) as leaving:
        parity.main(["rnn", *arguments])
    assert leaving.value.code == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_input_that_one_backend_refuses_is_not_given_to_the_next(monkeypatch):
    asked = []

    def wait_for(command, environment):
        asked.append(environment["KERAS_BACKEND"])
        return 2

    monkeypatch.setattr(each_backend, "wait_for", wait_for)
    with pytest.raises(SystemExit) as leaving:
        parity.main(["no_such_recipe", "--backends", "jax,torch"])
    assert (leaving.value.code, asked) == (2, ["jax"])


def test_two_backends_agree_from_end_to_end(tmp_path):
    """The real processes, on a few lines; full sizes are in results/parity."""
    corpus = small_corpus()
    for part in ("train", "validation", "test"):
        name = part.replace("validation", "val")
        text = getattr(corpus, part)
        for language, lines in (("de", text.source), ("en", text.target)):
            path = tmp_path / "tiny" / f"{name}.{language}"
            path.parent.mkdir(exist_ok=True)
            path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    command = [sys.executable, "-m", "experiments.parity", "encoder_only"]
    command += ["--backends", "torch,jax", "--corpus", tmp_path / "tiny"]
    command += ["--steps", "3", "--results-dir", tmp_path]
    done = subprocess.run(
        command,
        cwd=Path(__file__).parents[1],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stderr
    content = json.loads((tmp_path / "parity/tiny/encoder_only.json").read_text())
    row = row_of(content)
    assert (row["same"], row["loads"]) == ("yes", "4 of 4"), row
    assert 0 < float(row["nudged"]) < 1e-3
