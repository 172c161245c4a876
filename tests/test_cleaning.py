"""Rules that drop pairs, and the folder that is left."""

import pytest

from keras_nmt.corpora.cleaning import Rules, clean, rules_for
from keras_nmt.corpora.corpus import read_corpus
from keras_nmt.corpora.formats.pairs import Pair
from keras_nmt.corpora.sources import find_sources
from keras_nmt.errors import InputError

pytestmark = pytest.mark.backend_free


@pytest.mark.parametrize(
    ("source", "target", "fault"),
    [
        ("Ein Hund.", "A dog.", ""),
        ("Ja.", "Yes, of course, Sir.", ""),
        (" ", "A dog.", "blank"),
        ("Hund " * 11, "dog " * 11, "length"),
        ("Ein Hund läuft.", "A dog " + "runs " * 9, ""),
        ("Ein Hund.", "A dog " + "runs " * 9, "ratio"),
        ("A dog " + "runs " * 9, "Ein Hund.", "ratio"),
        ("Berlin ", "Berlin", "copy"),
    ],
)
def test_each_rule(source, target, fault):
    assert Rules(max_characters=54).fault(Pair(source, target, 1)) == fault


def test_the_ratio_is_that_of_the_corpus():
    """Chinese has a third of the characters of German; that is no fault."""
    pairs = [Pair("Hund " * 20, "狗" * 33, n) for n in range(5)]
    rules = rules_for([*pairs, Pair("x" * 5000, "y", 6)], 1000, 3.0)
    assert rules.mean_ratio == pytest.approx(0.33)
    assert not any(map(rules.fault, pairs))
    assert Rules().fault(pairs[0]) == ""
    assert Rules(max_ratio=2).fault(pairs[0]) == "ratio"


def test_the_folder_is_a_corpus_and_what_was_dropped_is_told(tmp_path):
    rows = [
        "Ja\tYes",
        "Nein\tNo",
        "Ja\tYes",
        "Ja\tYeah",
        "\tx",
        "OK\tOK",
        "doch \tSure",
    ]
    (tmp_path / "a.tsv").write_text("".join(f"{row}\n" for row in rows))
    (tmp_path / "val.tsv").write_text("DOCH\tSure\n")
    files = {"validation": [tmp_path / f"val.{x}" for x in ("fr", "en")]}
    for path in files["validation"]:
        path.write_text("Doch\n")
    sources = find_sources(tmp_path / "a.tsv", files=files)
    sources = type(sources)(**{**vars(sources), "languages": ("fr", "en")})
    languages, counts = clean(sources, tmp_path / "out", Rules())
    assert languages == ("fr", "en")
    assert counts == {"": 3, "duplicate": 1, "blank": 1, "copy": 1, "overlap": 1}
    assert (tmp_path / "out" / "dropped.tsv").read_text().splitlines() == [
        "line\treason\tsource\ttarget",
        "3\tduplicate\tJa\tYes",
        "5\tblank\t\tx",
        "6\tcopy\tOK\tOK",
        "7\toverlap\tdoch\tSure",
    ]
    corpus = read_corpus(
        tmp_path / "out",
        source_language="fr",
        files={"test": [tmp_path / "out" / f"val.{x}" for x in ("fr", "en")]},
    )
    assert corpus.train.source == ("Ja", "Nein", "Ja")
    assert corpus.validation.source == ("Doch",)
    with pytest.raises(InputError, match="out: is there already; name a folder"):
        clean(sources, tmp_path / "out", Rules())


@pytest.mark.parametrize("line", ["\u200b", "\u00ad \u200d"])
def test_marks_of_no_width_are_blank(line):
    assert Rules().fault(Pair(line, "A dog.", 1)) == "blank"
    assert Rules().fault(Pair(f"{line}Ja", "Yes", 1)) == ""


def test_languages_that_are_not_told_are_src_and_tgt(tmp_path):
    (tmp_path / "a.tsv").write_text("Ja\tYes\n")
    languages, _ = clean(find_sources(tmp_path / "a.tsv"), tmp_path / "out", Rules())
    assert languages == ("src", "tgt")
    assert find_sources(tmp_path / "out").languages == ("src", "tgt")


def test_what_is_written_is_read_back_the_same(tmp_path, caplog):
    (tmp_path / "train.de").write_bytes("\ufeff\ufeffeins\nzwei\r\r\ndrei\n".encode())
    (tmp_path / "train.en").write_text("one\ntwo\nthree\n")
    rows = '{"de": "\\ufeffJa", "en": "Yes"}\n{"de": "\u200b", "en": "x"}\n'
    (tmp_path / "a.jsonl").write_text(rows)
    for name, path, kept in (
        ("one", tmp_path, ("eins", "zwei", "drei")),
        ("two", tmp_path / "a.jsonl", ("Ja",)),
    ):
        clean(find_sources(path), tmp_path / name, Rules())
        caplog.clear()
        pairs = [*find_sources(tmp_path / name).parts["train"]]
        assert tuple(pair.source for pair in pairs) == kept
        assert not caplog.records


def test_marks_that_are_not_written_are_counted(tmp_path, caplog):
    (tmp_path / "a.jsonl").write_text('{"de": "\\ufeffJa", "en": "Yes"}\n')
    clean(find_sources(tmp_path / "a.jsonl"), tmp_path / "out", Rules())
    said = "out: 1 train pairs written without a byte order mark at the start"
    assert said in caplog.text


def test_rules_that_leave_nothing(tmp_path):
    (tmp_path / "a.tsv").write_text("OK\tOK\n")
    sources = find_sources(tmp_path / "a.tsv")
    with pytest.raises(InputError, match=r"drop every pair of train \(1 copy\)"):
        clean(sources, tmp_path / "out", Rules())
    assert not (tmp_path / "out").exists()


def test_a_fault_in_the_text_leaves_no_half_corpus(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"de": "Ja", "en": "Yes"}\n{"de": 5}\n')
    sources = find_sources(tmp_path / "a.jsonl")
    with pytest.raises(InputError, match="line 2: de is 5"):
        clean(sources, tmp_path / "out", Rules())
    assert not (tmp_path / "out").exists()
