"""What a library user pays for loading a run and translating: one backend, no noise."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from keras_nmt import kernels
from tests.soak import damaged_files

ROOT = Path(__file__).parents[1]

BACKENDS = ("tensorflow", "jax", "torch")

TRANSLATE = """
import json, sys, threading
import keras_nmt
keras_nmt.Greedy  # brings Keras
of_keras = {*sys.modules}

def translate():
    print(json.dumps(keras_nmt.load(sys.argv[1]).translate(["ja ja", "", "ja"])))

translate()
thread = threading.Thread(target=translate)
thread.start()
thread.join()
print(json.dumps(sorted({x.partition(".")[0] for x in {*sys.modules} - of_keras})))
print(json.dumps(sorted({x.partition(".")[0] for x in sys.modules})))
"""

LATER_TORCH = """
import sys
from keras_nmt.spacy_alone import import_spacy

import_spacy()
assert "torch" not in sys.modules
import thinc.api, thinc.compat, thinc.util
assert not thinc.compat.has_torch
import torch
assert not [x for x in sys.meta_path if type(x).__module__.startswith("keras_nmt")]
for module in (thinc.compat, thinc.util):
    assert module.has_torch and module.torch is torch
# What spaCy's neural pipelines are made of works.
layer = thinc.api.PyTorchWrapper(torch.nn.Linear(3, 2))
x = layer.ops.alloc2f(4, 3)
print(layer.predict(x).shape)
"""

SETTINGS = """
import json, sys
import keras
import keras_nmt
from keras_nmt import kernels

def settings():
    found = [keras.config.floatx()]
    if kernels.BACKEND == "jax":
        import jax
        found += [jax.config.jax_default_matmul_precision, jax.config.jax_enable_x64]
    elif kernels.BACKEND == "torch":
        import torch
        found += [torch.backends.cudnn.allow_tf32, torch.get_num_threads()]
        found += [torch.get_float32_matmul_precision()]
    else:
        import tensorflow as tf
        found += [tf.config.experimental.tensor_float_32_execution_enabled()]
    return found

before = settings()
keras_nmt.load(sys.argv[1]).translate(["ja"])
with kernels.in_float32():
    inside = settings()
print(json.dumps([before, settings(), inside]))
"""


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    damaged_files.whole_run(folder)
    return folder


def plain_python(code, *arguments, **environment):
    """A program of a user's: nothing of ours was set up before it."""
    kept = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_translating_imports_one_backend_and_says_nothing(run_folder):
    """In a thread as in the main one."""
    done = plain_python(TRANSLATE, run_folder)
    assert (done.returncode, done.stderr) == (0, "")
    first, in_thread, by_us, imported = map(json.loads, done.stdout.splitlines())
    assert first == in_thread
    assert [len(first), first[1]] == [3, ""]
    others = {*BACKENDS} - {kernels.BACKEND}
    idle = others | {"pandas", "matplotlib", "keras_hub", "tensorflow_text"}
    assert not idle & {*by_us}
    # Keras imports pandas, and TensorFlow JAX, wherever they are installed.
    assert not (idle - {"pandas", "matplotlib", "jax"}) & {*imported}


def test_translating_leaves_the_settings_of_the_backend_as_they_were(run_folder):
    done = plain_python(SETTINGS, run_folder)
    before, after, inside = json.loads(done.stdout)
    assert after == before
    assert inside != before  # the GPU's rounding of factors is off meanwhile


@pytest.mark.backend_free
def test_spacy_works_with_torch_that_is_imported_after_it():
    pytest.importorskip("torch")
    done = plain_python(LATER_TORCH)
    assert (done.returncode, done.stdout) == (0, "(4, 2)\n"), done.stderr


FOREIGN_LINES = """
import os
from keras_nmt.stderr_lines import without_tensorflow_log
with without_tensorflow_log():
    os.write(2, b"I0000 00:00:1795842190.370623   15908 port.cc:153] oneDNN is on\\n")
    os.write(2, b"of another thread\\n")
os.write(2, b"afterwards\\n")
"""


@pytest.mark.backend_free
def test_only_lines_of_tensorflows_log_are_kept_from_stderr():
    done = plain_python(FOREIGN_LINES)
    assert (done.returncode, done.stderr) == (0, "of another thread\nafterwards\n")
