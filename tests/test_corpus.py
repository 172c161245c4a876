"""Corpora: aligned sides, the direction of translation, blank pairs."""

import gzip
import logging
import os

import pytest

from keras_nmt.corpora.corpus import ParallelText, read_corpus, read_parallel
from keras_nmt.errors import InputError

pytestmark = pytest.mark.backend_free


@pytest.fixture
def folder(tmp_path):
    """A function that writes `{name: text}` into a folder called "toy"."""
    path = tmp_path / "toy"
    path.mkdir()

    def write(**files):
        for name, text in files.items():
            content = text.encode()
            name = name.replace("__", ".")
            is_gzip = name.endswith(".gz")
            (path / name).write_bytes(gzip.compress(content) if is_gzip else content)
        return path

    return write


def corpus_files(*languages, tests=("test",)):
    return {
        f"{part}__{language}": f"{part} {language}\n"
        for part in ("train", "val", *tests)
        for language in languages
    }


def test_parallel_text_selects_pairs_in_the_given_order():
    text = ParallelText(("a", "b", "c"), ("A", "B", "C"))
    assert len(text) == 3
    assert text.line_numbers([2, 0]) == (3, 1)
    assert text.select([2, 0]).line_numbers([0]) == (3,)
    assert text.select([2, 0]) == ParallelText(("c", "a"), ("C", "A"))


def test_parallel_text_must_be_parallel():
    with pytest.raises(InputError, match="2 source lines but 1 target lines"):
        ParallelText(("a", "b"), ("A",))


def test_separators_inside_a_line_do_not_shift_the_sides(folder):
    path = folder(
        a__de="Ein\u2028Hund\x85\nZwei\x0cHunde\n", a__en="A dog\nTwo\x0b dogs\n"
    )
    text = read_parallel(path / "a.de", path / "a.en")
    assert text.source == ("Ein\u2028Hund\x85", "Zwei\x0cHunde")
    assert text.target == ("A dog", "Two\x0b dogs")


def test_unequal_sides_are_told_with_both_counts(folder):
    path = folder(a__de="1\n2\n3\n", a__en="1\n2\n")
    with pytest.raises(InputError, match=r"a\.de has 3 lines but .*a\.en has 2:"):
        read_parallel(path / "a.de", path / "a.en")


def test_empty_files(folder):
    path = folder(a__de="", a__en="")
    with pytest.raises(InputError, match=r"a\.de and .*a\.en are empty"):
        read_parallel(path / "a.de", path / "a.en")


def test_corpus_from_plain_and_gzip_files(folder):
    files = corpus_files("de", "en")
    files["train__de__gz"] = files.pop("train__de")
    corpus = read_corpus(folder(**files))
    assert (corpus.name, corpus.source_language, corpus.target_language) == (
        "toy",
        "de",
        "en",
    )
    assert corpus.train == ParallelText(("train de",), ("train en",))
    assert corpus.validation == ParallelText(("val de",), ("val en",))
    assert corpus.test == ParallelText(("test de",), ("test en",))


def test_the_plain_file_goes_before_the_gzip_file_and_says_so(folder, caplog):
    files = corpus_files("de", "en") | {"train__de__gz": "packed\n"}
    path = folder(**files)
    assert read_corpus(path).train.source == ("train de",)
    assert caplog.messages == [f"{path}: not read: train.de.gz (train.de is)"]


def test_blank_lines_that_one_side_has_more_are_named(folder):
    path = folder(a__de="1\n2\n", a__en="1\n2\n\n \n")
    with pytest.raises(InputError, match=r"a\.en ends in 2 blank lines: remove them"):
        read_parallel(path / "a.de", path / "a.en")


def test_a_side_that_is_a_copy_of_the_other_is_noted(folder, caplog):
    files = corpus_files("de", "en") | {"train__de": "a\nb\nc\n"}
    path = folder(**(files | {"train__en": "a\nb\nC\n"}))
    read_corpus(path)
    assert "2 of 3 train pairs have the same text on both sides" in caplog.text
    (path / "train.en").write_text("a\nB\nC\n")
    caplog.clear()
    read_corpus(path)
    assert not caplog.records


@pytest.mark.parametrize(
    ("name", "expected"), [("Mein Körpus 1", "Mein Körpus 1"), (".hidden", "hidden")]
)
def test_a_corpus_has_the_name_of_its_folder(folder, name, expected):
    path = folder(**corpus_files("de", "en"))
    path = path.rename(path.parent / name)
    assert read_corpus(f"{path}/").name == expected


@pytest.mark.parametrize(
    ("languages", "given", "expected"),
    [
        (("de", "en"), {}, ("de", "en")),
        (("en", "fr"), {}, ("en", "fr")),
        (("de", "cs"), {}, ("cs", "de")),
        (("de", "en"), {"source_language": "en"}, ("en", "de")),
        (("de", "en"), {"target_language": "de"}, ("en", "de")),
        (
            ("cs", "de", "fr"),
            {"source_language": "fr", "target_language": "cs"},
            ("fr", "cs"),
        ),
    ],
)
def test_direction(folder, languages, given, expected):
    corpus = read_corpus(folder(**corpus_files(*languages)), **given)
    assert (corpus.source_language, corpus.target_language) == expected
    assert corpus.test.source == (f"test {expected[0]}",)


@pytest.mark.parametrize(
    ("languages", "given", "complaint"),
    [
        (("de",), {}, "found train.de alone"),
        ((), {}, "found an empty folder"),
        (("cs", "de", "fr"), {}, "3 languages, cs, de, fr; choose.*--source-language"),
        (("cs", "de", "fr"), {"source_language": "cs"}, "--target-language"),
        (("de", "en"), {"source_language": "fr"}, r"no train\.fr; .* de, en"),
        (("deu", "en"), {"target_language": "du"}, "did you mean deu"),
        (
            ("de", "en"),
            {"source_language": "de", "target_language": "de"},
            "two different languages of de, en",
        ),
    ],
)
def test_unclear_direction(folder, languages, given, complaint):
    with pytest.raises(InputError, match=complaint):
        read_corpus(folder(**corpus_files(*languages)), **given)


@pytest.mark.parametrize(
    ("tests", "chosen"),
    [
        (("test", "test_2016_flickr", "test_a"), "test"),
        (("test_2016_flickr", "test_2017_flickr"), "test_2016_flickr"),
        (("test_mine",), "test_mine"),
    ],
)
def test_choice_of_the_test_set(folder, tests, chosen):
    corpus = read_corpus(folder(**corpus_files("de", "en", tests=tests)))
    assert corpus.test.source == (f"{chosen} de",)


def test_several_other_test_sets_must_be_named(folder):
    path = folder(**corpus_files("de", "en", tests=("test_a", "test_b")))
    with pytest.raises(InputError, match=r"--test names one of test_a, test_b"):
        read_corpus(path)
    assert read_corpus(path, test="test_b").test.target == ("test_b en",)


@pytest.mark.parametrize("missing", ["val__en", "test__de", "test__en"])
def test_missing_part_is_named(folder, missing):
    files = corpus_files("de", "en")
    del files[missing]
    with pytest.raises(InputError, match=f"no {missing.replace('__', '.')}; add"):
        read_corpus(folder(**files))


def test_absent_folder(tmp_path):
    with pytest.raises(InputError, match="absent: no such folder"):
        read_corpus(tmp_path / "absent")


def test_blank_pairs_leave_train_but_not_validation_or_test(folder, caplog):
    pairs = {"de": "a\n\n \u00a0\nd\n", "en": "A\nB\nC\n\t\n"}
    path = folder(
        **{f"{part}__{x}": pairs[x] for part in ("train", "val", "test") for x in pairs}
    )
    with caplog.at_level(logging.WARNING, logger="keras_nmt"):
        corpus = read_corpus(path)
    assert corpus.train == ParallelText(("a",), ("A",))
    assert corpus.train.blank == 3
    assert len(corpus.validation) == len(corpus.test) == 4
    assert [record.message for record in caplog.records] == [
        f"{path}: 3 train pairs with a blank side dropped"
    ]


def test_marks_of_no_width_are_a_blank_side_of_train(folder):
    files = corpus_files("de", "en") | {"train__de": "a\n\u200b\n\u200bb\n"}
    corpus = read_corpus(folder(**files | {"train__en": "A\nB\nC\n"}))
    assert corpus.train.target == ("A", "C")
    assert corpus.train.blank == 1


def test_train_of_blank_pairs_only(folder):
    files = corpus_files("de", "en") | {"train__de": "\n", "train__en": "a\n"}
    with pytest.raises(InputError, match="every train pair has a blank side"):
        read_corpus(folder(**files))


def test_a_pipe_that_nobody_writes_is_not_waited_for(folder):
    path = folder(**corpus_files("de", "en"))
    (path / "val.en").unlink()
    os.mkfifo(path / "val.en")
    with pytest.raises(InputError, match=r"val\.en: not a regular file"):
        read_corpus(path)
