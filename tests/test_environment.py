"""A program that lacks something around it says so in one line, whichever it is."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from keras_nmt.program import environment, keras_json
from keras_nmt.program.environment import INSTALL, backend_problem, is_installed

pytestmark = pytest.mark.backend_free

ROOT = Path(__file__).parents[1]
PROGRAMS = {
    "keras_nmt": ["translate", "run"],
    "experiments.train": ["rnn"],
    "experiments.demo": [],
}
WITHOUT_SPACY = """
import sys
from keras_nmt.program.environment import require
sys.meta_path[:] = [x for x in sys.meta_path if "Path" not in str(x)]
require()
import spacy
"""


def run(*arguments, **environment):
    """Exit code and what was told of a Python process that ends by itself."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


ONE_BACKEND = """
import importlib.util, json, sys
from keras_nmt.program.environment import INSTALL, is_installed, require
installed = [x for x in INSTALL if is_installed(x)]
require()
import keras_nmt.run.translator
print(json.dumps([
    installed,
    [x for x in INSTALL if is_installed(x)],
    [x for x in (*INSTALL, "tensorflow_text") if x in sys.modules],
    [x for x in INSTALL if importlib.util.find_spec(x)],
]))
"""


ELSEWHERE = """
import os, pathlib, pkgutil, signal, sys, warnings
import keras, sacrebleu, spacy
for name in [x for x in sys.modules if x.partition(".")[0] == "filelock"]:
    del sys.modules[name]
for name in ("fcntl", "pwd", "resource", "termios"):
    sys.modules[name] = None
del os.sched_getaffinity, os.set_blocking, signal.SIGHUP, signal.set_wakeup_fd
warnings.simplefilter("error")
warnings.filterwarnings("ignore", "only soft file lock is available")
import experiments, keras_nmt
for package in (keras_nmt, experiments):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        # A script runs beside what it was exported with.
        is_apart = module.name.startswith("keras_nmt.kernels.")
        if not is_apart and not module.name.endswith("_script"):
            __import__(module.name)
from keras_nmt.training.step_clock import StepClock
from keras_nmt.training.lock import one_writer
with one_writer(pathlib.Path(sys.argv[1])):
    print(StepClock().summary()["peak_memory_mib"])
"""
"""What Windows lacks, once the packages are there that ask `os.name` what to import.
`backends` imports of its own accord what the backend needs."""


def test_without_what_windows_lacks_all_is_imported(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, tmp_path / "lock"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "None\n"), done.stderr
    assert "lock: no locks on this file system (fcntl is unavailable)" in done.stderr


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_wrong_backend_is_one_line(program):
    code, told = run("-m", program, *PROGRAMS[program], KERAS_BACKEND="torhc")
    assert code == 2
    assert told == (
        "error: KERAS_BACKEND=torhc: no such backend, did you mean torch?; "
        "set KERAS_BACKEND to one of tensorflow, jax, torch\n"
    )


def test_a_backend_that_is_broken_is_named_with_its_cure(tmp_path):
    (tmp_path / "torch.py").write_text("raise ImportError('no libcudart\\nat all')")
    arguments = "-m", "experiments.train", "rnn"
    code, told = run(*arguments, KERAS_BACKEND="torch", PYTHONPATH=str(tmp_path))
    assert code == 2
    assert told.startswith("error: backend torch cannot be imported (no libcudart)")
    assert "; get it with: pip install torch==" in told
    assert told.count("\n") == 1


def test_a_missing_package_is_named_with_its_cure():
    code, told = run("-c", WITHOUT_SPACY)
    assert code == 2
    assert told.startswith("error: package spacy is not installed; get it with: ")
    assert told.endswith("-m pip install spacy\n")


WITHOUT_REPORT = """
import sys
from keras_nmt.program import environment, extras
sys.meta_path[:] = [x for x in sys.meta_path if "Path" not in str(x)]
environment.require()
try:
    import pandas
except ImportError:
    extras.check_installed("matplotlib")
"""


def test_packages_of_an_extra_are_missed_where_they_are_needed_alone():
    """Keras looks for pandas, and does without."""
    code, told = run("-c", WITHOUT_REPORT)
    assert code == 1
    last = told.splitlines()[-1]
    assert "InputError: package matplotlib is not installed; get it with: " in last
    assert "-m pip install matplotlib (or with the extra keras_nmt[report])" in last


@pytest.mark.parametrize(
    ("installed", "configured", "chosen"),
    [
        (("jax",), None, "jax"),
        (("torch",), "tensorflow", "torch"),
        (("tensorflow", "jax"), None, "tensorflow"),
        (("tensorflow", "jax"), "jax", "jax"),
        ((), None, "tensorflow"),
        (("jax",), "torhc", "torhc"),
    ],
)
def test_without_a_wish_programs_use_the_backend_that_is_installed(
    installed, configured, chosen, monkeypatch
):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setattr(keras_json, "configured_backend", lambda: configured)
    monkeypatch.setattr(environment, "is_installed", lambda name: name in installed)
    assert environment.chosen_backend() == chosen


@pytest.mark.parametrize(
    ("wish", "configured", "said"),
    [
        ("", "torch", "keras.json: backend torch is not installed; jax is used"),
        ("", "tensorflow", ""),  # Keras wrote that itself
        ("", "jax", ""),
        ("", None, ""),
        ("jax", "torch", ""),
    ],
)
def test_another_backend_than_the_configured_one_is_told_but_not_keras_default(
    wish, configured, said, monkeypatch
):
    monkeypatch.setenv("KERAS_BACKEND", wish)
    monkeypatch.setattr(keras_json, "configured_backend", lambda: configured)
    monkeypatch.setattr(environment, "is_installed", lambda name: name == "jax")
    note = environment.configuration_note()
    assert note.endswith(said)
    assert bool(note) == bool(said)


@pytest.mark.parametrize("backend", INSTALL)
def test_a_program_imports_its_own_backend_alone(backend):
    if not is_installed(backend):
        pytest.skip(f"{backend} is not installed")
    done = subprocess.run(
        [sys.executable, "-c", ONE_BACKEND],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        check=True,
    )
    before, after, imported, found = json.loads(done.stdout)
    assert after == before  # hidden from imports, yet known to be there
    # Not even None by that name: SciPy would take it for torch.
    assert [x for x in imported if x != "tensorflow_text"] == [backend]
    assert found == [backend]


def test_the_backend_in_use_has_no_problem():
    assert backend_problem() == ""


def test_a_full_disk_behind_stdout_is_one_line():
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    program = (
        "from keras_nmt.program.command_line import command_line\n"
        "command_line(lambda argv: print('text'))()"
    )
    with full.open("w") as stdout:
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == "error: cannot read or write: No space left on device\n"


def test_a_signal_while_a_program_imports_is_one_line(tmp_path):
    """The backend is one that takes long to import."""
    (tmp_path / "torch.py").write_text(
        "print('on', flush=True); import time\ntime.sleep(60)"
    )
    environment = {"KERAS_BACKEND": "torch", "PYTHONPATH": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-m", "experiments.train", "rnn"],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "on\n"
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate()
    assert process.returncode == 143
    assert told == "stopped; the same command continues from there\n"
    assert time.monotonic() - began < 10
