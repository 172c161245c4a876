"""A quick share of what `make soak` tries with damaged text and files."""

import json
import shutil

import keras
import pytest

import keras_nmt
from keras_nmt.errors import InputError
from keras_nmt.run.checkpoints import TRANSLATOR, WEIGHTS
from keras_nmt.run.runs import CHECKPOINTS
from keras_nmt.run.translator_file import digest_of
from tests.soak import damaged_files, damaged_text
from tests.soak.__main__ import record

pytestmark = pytest.mark.backend_free

CORPORA = 60
FAULTS = 10


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run whose files each test leaves as they were."""
    path = tmp_path_factory.mktemp("run")
    damaged_files.whole_run(path)
    return path


def test_a_damaged_corpus_is_aligned_or_refused(tmp_path):
    for seed in range(CORPORA):
        assert damaged_text.survives(tmp_path / "text", seed), seed


@pytest.mark.parametrize("name", [TRANSLATOR, WEIGHTS])
@pytest.mark.parametrize("how", [damaged_files.cut, damaged_files.flip])
def test_a_damaged_file_of_a_run_is_never_loaded(name, how, folder):
    for seed in range(FAULTS):
        assert damaged_files.run(folder, name, how, seed), seed


@pytest.mark.parametrize("case", damaged_files.HOSTILE)
def test_a_hostile_file_is_refused(case, folder):
    assert damaged_files.hostile(folder, case)


def test_a_refused_model_leaves_nothing_to_the_next(folder):
    assert damaged_files.hostile(folder, "a model of a terabyte")
    with keras.StatelessScope():
        pass  # its end gives a value to every weight that Keras has noted


def test_a_full_disk_leaves_every_table(tmp_path):
    for tenth in range(10):
        assert damaged_files.full_for_table(tmp_path, tenth)


def test_weights_of_a_run_with_other_words_are_refused(folder, tmp_path):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    path = tmp_path / CHECKPOINTS / TRANSLATOR
    content = json.loads(path.read_text("utf-8"))
    content["source"]["vocabulary"]["tokens"][-1] = "nein"
    del content["sha256"]
    content["sha256"] = digest_of(content)
    path.write_text(json.dumps(content), "utf-8")
    with pytest.raises(InputError, match="belongs to other vocabularies"):
        keras_nmt.load(tmp_path)


def test_a_run_from_before_the_checksum_of_its_words_is_loaded(folder, tmp_path):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    path = tmp_path / CHECKPOINTS / TRANSLATOR
    content = json.loads(path.read_text("utf-8"))
    del content["sha256"]
    path.write_text(json.dumps(content), "utf-8")
    assert keras_nmt.load(tmp_path).source.tokens([5]) == ["ja"]


def test_a_soak_replaces_its_own_rows_and_no_others(tmp_path):
    path = tmp_path / "faults.csv"
    for backend, passed in (("torch", 1), ("jax", 2), ("torch", 2)):
        record(path, (backend, "a", 2, passed, ""))
    expected = "backend,case,trials,passed,note\njax,a,2,2,\ntorch,a,2,2,\n"
    assert path.read_text("utf-8") == expected
