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
    corpus = corpus_options.chosen_corpus(options)
    assert (corpus.name, corpus.source_language, corpus.target_language) == (
        *("toy", "fr", "en"),
    )
    assert corpus.test.source == ("test_b fr",)
    given = corpus_options.given(options)
    assert {name: value for name, value in given.items() if value is not None} == {
        "--corpus": str(path),
        "--source-language": "fr",
        "--test": "test_b",
    }
    assert "--split" in given


def test_without_a_corpus_the_default_is_loaded():
    assert corpus_options.given(options_of())["--corpus"] == "captions"
    assert corpus_options.given(options_of("--train-source", "a"))["--corpus"] is None


def test_files_of_any_names_are_a_corpus(tmp_path):
    for name in ("a.fr", "b", "c.fr", "d"):
        (tmp_path / name).write_text(f"{name} 1\n{name} 2\n")
    words = []
    for option, name in [("train", "a.fr"), ("validation", "c.fr"), ("test", "c.fr")]:
        words += [f"--{option}-source", str(tmp_path / name)]
        other = {"a.fr": "b", "c.fr": "d"}[name]
        words += [f"--{option}-target", str(tmp_path / other)]
    corpus = corpus_options.chosen_corpus(options_of(*words))
    assert (corpus.name, corpus.source_language, corpus.target_language) == (
        *("a", "fr", "xx"),
    )
    assert corpus.train.target == ("b 1", "b 2")
    assert corpus.test.source == ("c.fr 1", "c.fr 2")


@pytest.mark.parametrize(
    ("words", "mend"),
    [
        (["--train-source", "a"], "--train-source without --train-target; give both"),
        (["--test-target", "a", "--corpus", "b"], "without --test-source; give both"),
        (
            ["--corpus", "b", "--train-source", "a", "--train-target", "c"],
            "--corpus b and --train-source both name.*leave one of them out",
        ),
        (["--corpus", "captoins"], "did you mean captions"),
    ],
)
def test_options_that_do_not_go_together(words, mend):
    with pytest.raises(InputError, match=mend):
        corpus_options.chosen_corpus(options_of(*words))


@pytest.mark.parametrize("name", corpus_options.BUILT_IN)
def test_what_only_a_folder_has_is_refused_elsewhere(name):
    mend = f"--corpus {name} goes.*leave out --target-language, --test, or give"
    with pytest.raises(InputError, match=mend):
        corpus_options.load_corpus(name, target_language="de", test="test_x")


def test_a_data_dir_is_refused_where_nothing_reads_it(folder):
    for name in ("captions", str(folder("toy"))):
        with pytest.raises(InputError, match=f"leave it out with --corpus {name}"):
            corpus_options.load_corpus(name, "somewhere")


def test_a_check_reads_no_data_dir(folder):
    words = "--corpus", str(folder("toy")), "--data-dir", "somewhere"
    with pytest.raises(InputError, match="--data-dir goes with --corpus multi30k; lea"):
        corpus_options.chosen_sources(options_of(*words))


@pytest.mark.parametrize("given", [(), ("--corpus", "toy")])
def test_a_mistyped_file_is_named(folder, monkeypatch, given):
    monkeypatch.chdir(folder("toy").parent)
    part = "test" if given else "train"
    words = f"--{part}-source", "nope.de", f"--{part}-target", "toy/train.en"
    with pytest.raises(InputError, match=r"^nope\.de: no such file; check the path$"):
        corpus_options.chosen_sources(options_of(*given, *words))


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
