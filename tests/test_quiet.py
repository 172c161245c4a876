"""What TensorFlow says while it is imported is not heard; all else is."""

import subprocess
import sys
from pathlib import Path

import pytest

from keras_nmt.program import log_noise

pytestmark = pytest.mark.backend_free

ROOT = Path(__file__).parents[1]
PROGRAM = """
import os, sys
from keras_nmt.program.log_noise import hush_tensorflow
hush_tensorflow()
os.write(2, b"before ")
try:
    import tensorflow
    print(tensorflow.VALUE)
except ImportError as error:
    print("no tensorflow:", error)
os.write(2, b"after")
"""


def run(tmp_path, source):
    if source is not None:
        (tmp_path / "tensorflow.py").write_text(source)
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{PROGRAM}"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )


def test_talk_at_import_is_not_heard_and_the_module_is_whole(tmp_path):
    done = run(tmp_path, "import os\nos.write(2, b'talk')\nVALUE = 7\n")
    assert (done.stdout, done.stderr) == ("7\n", "before after")


def test_an_import_that_fails_says_why(tmp_path):
    done = run(tmp_path, "raise ImportError('broken')\n")
    assert (done.stdout, done.stderr) == ("no tensorflow: broken\n", "before after")


def test_a_program_that_is_called_often_asks_one_finder(monkeypatch):
    """Two would ask each other, and the time of an import double with each."""
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    for _ in range(3):
        log_noise.hush_tensorflow()
    finders = [x for x in sys.meta_path if isinstance(x, log_noise._Hush)]
    assert len(finders) == 1
