"""Backends side by side: only where there are several, and with what is known."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from experiments import compare_backends, each_backend
from experiments.report.score_tables import costs_table
from keras_nmt.run.runs import load_runs
from tests.test_reporting import edit, make_run, report

pytestmark = pytest.mark.backend_free

TRAINING = {
    "first_step_seconds": 3.5,
    "median_step_seconds": 0.25,
    "peak_memory_mib": 900,
}


def backends_section(tmp_path):
    """The lines of the page's table of backends; none where it has no such part."""
    page = (report(tmp_path) / "REPORT.md").read_text("utf-8")
    _, _, rest = page.partition("\n## Backends\n")
    return [line for line in rest.partition("\n## ")[0].splitlines() if "|" in line]


def test_one_backend_alone_is_no_comparison(tmp_path):
    make_run(tmp_path / "runs", seed=0)
    make_run(tmp_path / "runs", seed=1)
    assert backends_section(tmp_path) == []


def test_a_run_without_a_result_is_not_compared(tmp_path):
    make_run(tmp_path / "runs", backend="jax")
    (make_run(tmp_path / "runs", backend="torch") / "scores.json").unlink()
    assert backends_section(tmp_path) == []


def test_a_system_has_one_row_with_a_cell_for_each_backend(tmp_path):
    make_run(tmp_path / "runs", backend="torch", losses=(4.0, 2.0))
    for seed, loss in enumerate((3.0, 3.2)):
        make_run(tmp_path / "runs", backend="jax", seed=seed, losses=(4.0, loss))
    header, _, row = backends_section(tmp_path)
    assert header == "| system | BLEU JAX | BLEU torch | loss JAX | loss torch |"
    assert row == "| lstm | rescore (2) | rescore | 3.850 ± 0.141 (2) | 2.750 |"


def test_times_stand_in_a_table_of_their_own_and_on_no_page(tmp_path):
    folder = make_run(tmp_path / "runs", backend="jax")
    edit(folder, "scores.json", training=TRAINING)
    make_run(tmp_path / "runs", backend="torch")
    results = report(tmp_path)
    first, second = costs_table(load_runs(tmp_path / "runs")).to_dict("records")
    assert (first["step_seconds"], first["peak_memory_mib"]) == (0.25, 900)
    assert second["step_seconds"] is None, "runs of an older form have no times"
    assert second["training_tokens_per_second"] == 1000.0
    assert ",0.2500,3.5000,900," in (results / "tables/run_costs.csv").read_text(
        "utf-8"
    )
    for page in results.rglob("*.md"):
        assert "second" not in page.read_text("utf-8")


# === The command ===


@pytest.fixture
def calls(tmp_path, monkeypatch):
    """Training is noted instead of done, and leaves a run of its backend."""
    seen = []

    def run(command, env):
        seen.append((env["KERAS_BACKEND"], command[3:]))
        make_run(tmp_path / "runs", backend=env["KERAS_BACKEND"])
        return 0

    monkeypatch.setattr(each_backend, "wait_for", run)
    return seen


def compare(tmp_path, *arguments):
    folders = ["--runs-dir", tmp_path / "runs", "--results-dir", tmp_path / "results"]
    compare_backends.main([*arguments, *map(str, folders)])


def test_each_backend_trains_in_a_process_of_its_own(tmp_path, calls):
    compare(tmp_path, "lstm", "rnn", "--backends", "jax,torch", "--epochs", "2")
    assert [backend for backend, _ in calls] == ["jax", "torch"]
    for _, command in calls:
        assert command[:2] == ["lstm", "rnn"]
        assert command[command.index("--epochs") + 1] == "2"
    assert "## Backends" in (tmp_path / "results/REPORT.md").read_text("utf-8")


def test_a_missing_backend_is_named_with_its_cure_and_the_others_go_on(
    tmp_path, calls, monkeypatch, capsys
):
    monkeypatch.setattr(each_backend, "is_installed", lambda backend: backend != "jax")
    compare(tmp_path, "lstm")
    assert [backend for backend, _ in calls] == ["tensorflow", "torch"]
    error = capsys.readouterr().err
    assert error == "jax: not installed; get it with: pip install jax\n"


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (
            "jxa",
            "unknown backend 'jxa', did you mean jax?; choose from tensorflow, jax",
        ),
        (",", "none"),
    ],
)
def test_an_unknown_backend_is_refused(tmp_path, names, message, capsys):
    with pytest.raises(SystemExit) as leaving:
        compare(tmp_path, "--backends", names)
    assert leaving.value.code == 2
    assert message in capsys.readouterr().err


STOPPED = """
import os, signal, sys, threading
from experiments import compare_backends, each_backend
child = [sys.executable, "-c", "import signal; print('on', flush=True); signal.pause()"]
threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGTERM)).start()
each_backend.wait_for = lambda *_, run=each_backend.wait_for: run(child, os.environ)
compare_backends.main(["rnn", "--backends", "torch"])
"""


@pytest.mark.backend_free
def test_a_signal_is_handed_on_and_stops_the_comparison():
    done = subprocess.run(
        [sys.executable, "-c", STOPPED],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 143
    assert done.stderr == "stopped on torch; the same command continues from there\n"


BLOCKED = """
import sys
from importlib.machinery import PathFinder
from pathlib import Path
folder, *blocked = sys.argv[1:]
class WithoutThem(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition(".")[0] not in blocked:
            return super().find_spec(name, path, target)
sys.meta_path[sys.meta_path.index(PathFinder)] = WithoutThem
import keras_nmt
from experiments import recipes, train
from experiments.report import __main__ as report
from keras_nmt.corpora import options as corpus_options
from tests.test_train import shrunken, small_corpus
corpus = small_corpus()
corpus_options.load_corpus = lambda name, data_dir: corpus
recipes.RECIPES["small"] = shrunken(recipes.RNN_ATTENTION, name="small")
train.main(["small", "--runs-dir", f"{folder}/runs"])
report.main(["--runs-dir", f"{folder}/runs", "--results-dir", folder])
(run,) = Path(folder).glob("runs/captions/small/*-seed0")
print(len(keras_nmt.load(run).translate(["Ein Hund."])), *{*blocked} & {*sys.modules})
"""


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_one_backend_alone_trains_translates_and_reports(backend, tmp_path):
    """As where neither the other two nor tensorflow-text can be imported."""
    others = {"tensorflow", "tensorflow_text", "jax", "torch"} - {backend}
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED, tmp_path, *others],
        cwd=Path(__file__).parents[1],
        env={**os.environ, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.endswith("\n1\n"), done.stderr
    assert "systems/captions_small.md" in (tmp_path / "REPORT.md").read_text("utf-8")
