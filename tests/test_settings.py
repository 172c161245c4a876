"""Settings of the user's that would alter numbers: overruled, refused or recorded."""

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest

from keras_nmt import kernels
from keras_nmt.errors import InputError
from keras_nmt.kernels import keep_compiled, kept_programs, settings
from keras_nmt.program.keras_json import keras_home, settings_problem
from keras_nmt.run import writing as run_folder
from keras_nmt.run.systems import make
from tests import checks
from tests.soak import damaged_files

ROOT = Path(__file__).parents[1]

LINES = ["ja", "ja ja", ""]

AS_A_USER_HAS_IT = """
import json, sys
import keras, keras_nmt
if keras.backend.backend() == "torch":
    import torch
    torch.set_default_dtype(torch.float64)
run = keras_nmt.load(sys.argv[1])
beam = keras_nmt.BeamSearch(2)
weights = run.alignments(["ja ja"])[0].weights
print(json.dumps([
    keras.config.floatx(),
    run.translate(%r),
    [[text, round(score, 3)] for (text, score), in run.candidates(["ja ja"], beam)],
    {name: x.astype("float64").round(3).tolist() for name, x in weights.items()},
]))
"""


@pytest.fixture
def _settings():
    """Puts back what a test sets."""
    config = keras.config
    yield
    config.set_floatx("float32")
    config.set_dtype_policy("float32")
    config.set_max_epochs(None)
    config.set_max_steps_per_epoch(None)


def translations(folder, **environment):
    command = [sys.executable, "-c", AS_A_USER_HAS_IT % LINES, folder]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    floatx, *found = json.loads(done.stdout)
    return floatx, found


def test_a_run_says_the_same_under_every_setting_of_a_user(tmp_path):
    damaged_files.whole_run(tmp_path / "run")
    _, expected = translations(tmp_path / "run")
    for floatx in ("float64", "float16"):
        config = {"floatx": floatx, "backend": kernels.BACKEND}
        (tmp_path / "keras.json").write_text(json.dumps(config))
        found = translations(
            tmp_path / "run", KERAS_HOME=str(tmp_path), JAX_ENABLE_X64="1"
        )
        assert found == (floatx, expected)


def test_what_jax_compiles_is_kept_in_keras_folder_but_where_the_user_says(
    monkeypatch, tmp_path
):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv(kept_programs.FOLDER, "")
    keep_compiled(keras_home)
    assert not any(tmp_path.iterdir())
    monkeypatch.delenv(kept_programs.FOLDER)
    if kernels.BACKEND != "jax":
        keep_compiled(keras_home)
        assert not any(tmp_path.iterdir())
        return
    import jax

    before = jax.config.values.copy()
    keep_compiled(keras_home)
    changed = {k: v for k, v in jax.config.values.items() if v != before[k]}
    for name in changed:
        jax.config.update(name, before[name])
    assert changed["jax_compilation_cache_dir"] == str(tmp_path / "compiled")
    assert changed["jax_compilation_cache_max_size"] == kept_programs.BYTES


def told(capsys):
    kernels.overrule_settings()
    return capsys.readouterr().err.splitlines()


@pytest.mark.usefixtures("_settings")
def test_a_program_sets_what_it_needs_and_says_so(capsys):
    told(capsys)
    assert told(capsys) == []
    keras.config.set_floatx("float16")
    keras.config.set_dtype_policy("mixed_float16")
    keras.config.set_max_epochs(1)
    keras.config.set_max_steps_per_epoch(2)
    assert told(capsys) == [
        "floatx float16 is overruled: float32 here",
        "dtype policy mixed_float16 is overruled: float32 here",
        "KERAS_MAX_EPOCHS 1 is overruled: no limit here",
        "KERAS_MAX_STEPS_PER_EPOCH 2 is overruled: no limit here",
    ]
    assert told(capsys) == []
    assert keras.layers.Dense(1).compute_dtype == "float32"


@pytest.mark.skipif(kernels.BACKEND != "jax", reason="only JAX has these settings")
def test_a_program_sets_jax(capsys):
    import jax

    told(capsys)
    for name, value, needed in [
        ("jax_enable_x64", True, "False"),
        ("jax_default_matmul_precision", "bfloat16", "highest"),
        ("jax_disable_jit", True, "False"),
        ("jax_numpy_dtype_promotion", "strict", "standard"),
    ]:
        jax.config.update(name, value)
        line = f"{name.upper()} {value} is overruled: {needed} here"
        assert told(capsys) == [line]
        assert told(capsys) == []


@pytest.mark.skipif(kernels.BACKEND != "torch", reason="only torch has these settings")
def test_a_program_sets_torch(capsys):
    import torch

    told(capsys)
    torch.set_default_dtype(torch.float64)
    torch.set_float32_matmul_precision("medium")
    assert len(told(capsys)) == 2
    assert torch.get_default_dtype() == torch.float32
    assert torch.get_float32_matmul_precision() == "highest"


@pytest.mark.backend_free
def test_what_cannot_be_overruled_is_refused(monkeypatch):
    monkeypatch.setattr(settings, "device", lambda: "cpu")
    monkeypatch.setenv("NVIDIA_TF32_OVERRIDE", "1")
    kernels.overrule_settings()
    monkeypatch.setenv("ONEDNN_DEFAULT_FPMATH_MODE", "BF16")
    with pytest.raises(InputError, match=r"ONEDNN_DEFAULT_FPMATH_MODE=BF16 .*unset it"):
        kernels.overrule_settings()
    monkeypatch.setattr(settings, "device", lambda: "NVIDIA H100")
    with pytest.raises(InputError, match="NVIDIA_TF32_OVERRIDE=1 rounds"):
        kernels.overrule_settings()


def test_what_is_left_to_the_user_is_recorded(monkeypatch):
    every = [*settings.FREE, *sum(settings.FREE_BY_BACKEND.values(), ())]
    for name in every:
        monkeypatch.delenv(name, raising=False)
    assert "settings" not in run_folder.environment()
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    name = settings.FREE_BY_BACKEND[kernels.BACKEND][-1]
    monkeypatch.setenv(name, "anything")
    expected = {"OMP_NUM_THREADS": "3", name: "anything"}
    assert run_folder.environment()["settings"] == expected


@pytest.mark.usefixtures("_settings")
def test_limits_for_debugging_hold_outside_alone():
    keras.config.set_max_epochs(1)
    keras.config.set_max_steps_per_epoch(1)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", jit_compile=kernels.JIT_COMPILE)
    x = np.ones((4, 1), "float32")
    with kernels.without_limits(), warnings.catch_warnings():
        warnings.simplefilter("error")
        history = model.fit(x, x, batch_size=1, epochs=2, verbose=0)
    assert len(history.epoch) == 2
    assert int(model.optimizer.iterations) == 8
    assert keras.config.max_epochs() == keras.config.max_steps_per_epoch() == 1


@pytest.mark.backend_free
@pytest.mark.usefixtures("_settings")
def test_float32_ends_with_the_last_who_needs_it():
    keras.config.set_floatx("float16")
    first, second = kernels.in_float32("float32"), kernels.in_float32()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert keras.config.floatx() == "float32"
    second.__exit__(None, None, None)
    assert keras.config.floatx() == "float16"


@pytest.mark.backend_free
def test_what_keras_cannot_be_imported_with_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert settings_problem() == ""
    (tmp_path / "keras.json").write_text('{"floatx": "bfloat16"}')
    assert settings_problem().endswith("floatx 'bfloat16'; write \"float32\" there")
    (tmp_path / "keras.json").write_text('{"epsilon": 1}')
    assert settings_problem().endswith("epsilon 1; write 1e-07 there")
    (tmp_path / "keras.json").write_text("[]")
    assert settings_problem() == ""
    monkeypatch.setenv("KERAS_MAX_EPOCHS", "two")
    assert settings_problem().startswith("KERAS_MAX_EPOCHS=two: ")


@pytest.mark.usefixtures("_settings")
def test_a_model_of_half_precision_is_loaded_in_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    model = checks.encoder_only()
    assert model.compute_dtype == "bfloat16"
    content = {"system": "EncoderOnlyTranslator", "config": model.get_config()}
    loaded = make(content, "translator.json", 10**9)
    types = {layer.compute_dtype for layer in loaded._flatten_layers()}
    assert types == {"float32"}
