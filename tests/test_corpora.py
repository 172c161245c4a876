"""The options that name a corpus, and the corpus that they name."""

import argparse
import shutil

import pytest

from keras_nmt.corpora import multi30k
from keras_nmt.corpora import options as corpus_options
from keras_nmt.errors import InputError

pytestmark = pytest.mark.backend_free


@pytest.fixture
def folder(tmp_path):
    """A function that makes a corpus of en and fr in a folder of that name."""

    def make(name):
        path = tmp_path / name
        path.mkdir()
        for part in ("train", "val", "test_a", "test_b"):
            for language in ("en", "fr"):
                (path / f"{part}.{language}").write_text(f"{part} {language}\n")
        return path

    return make


def options_of(*words):
    parser = argparse.ArgumentParser()
    corpus_options.add_options(parser)
    return parser.parse_args(words)


def test_options_choose_direction_and_test_set_of_a_folder(folder):
    path = folder("toy")
    options = options_of(
        *("--corpus", str(path), "--source-language", "fr", "--test", "test_b")
    )
    corpus = corpus_options.load_corpus(
        options.corpus, **corpus_options.folder_options(options)
    )
    assert (corpus.name, corpus.source_language, corpus.target_language) == (
        *("toy", "fr", "en"),
    )
    assert corpus.test.source == ("test_b fr",)
    assert corpus_options.given(options) == {
        "--corpus": str(path),
        "--data-dir": None,
        "--source-language": "fr",
        "--target-language": None,
        "--test": "test_b",
    }


@pytest.mark.parametrize("name", corpus_options.BUILT_IN)
def test_what_only_a_folder_has_is_refused_elsewhere(name):
    mend = f"--corpus {name} goes.*leave out --target-language, --test, or give"
    with pytest.raises(InputError, match=mend):
        corpus_options.load_corpus(name, target_language="de", test="test_x")


def test_a_data_dir_is_refused_where_nothing_reads_it(folder):
    for name in ("captions", str(folder("toy"))):
        with pytest.raises(InputError, match=f"leave it out with --corpus {name}"):
            corpus_options.load_corpus(name, "somewhere")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("multi30k", "multi30k_other"),
        ("Multi30k", "multi30k_other"),
        ("captions", "captions_other"),
    ],
)
def test_a_folder_does_not_get_the_name_of_a_built_in_corpus(
    folder, caplog, name, expected
):
    path = folder(name)
    assert corpus_options.load_corpus(str(path), test="test_a").name == expected
    (message,) = caplog.messages
    assert f"its runs are called {expected}" in " ".join(message.split())


def test_a_folder_with_the_text_of_multi30k_may_have_its_name(
    folder, caplog, monkeypatch
):
    path = folder("multi30k")
    text = corpus_options.load_corpus(str(path), test="test_a").fingerprints()
    caplog.clear()
    monkeypatch.setattr(multi30k, "TEXT", text)
    assert corpus_options.load_corpus(str(path), test="test_a").name == "multi30k"
    assert not caplog.records
    other_way = corpus_options.load_corpus(
        str(path), source_language="fr", test="test_a"
    )
    assert other_way.name == "multi30k_other"


def test_a_folder_that_a_built_in_corpus_hides_is_named(folder, monkeypatch, caplog):
    path = folder("captions")
    monkeypatch.chdir(path.parent)
    assert len(corpus_options.load_corpus("captions").train) == 6000
    assert "not the folder ./captions" in caplog.text
    shutil.rmtree(path)
    caplog.clear()
    corpus_options.load_corpus("captions")
    assert not caplog.records
