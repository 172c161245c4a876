"""What a check tells of text: counts, copies, overlap, encodings, languages."""

import re

import pytest

from keras_nmt.corpora.checking import check
from keras_nmt.corpora.cleaning import Rules
from keras_nmt.corpora.formats.pairs import Choice
from keras_nmt.corpora.sources import find_sources

pytestmark = pytest.mark.backend_free

GERMAN = ["Der Hund ist hier.", "Das ist eine Katze.", "Wir sind nicht da."]
ENGLISH = ["The dog is here.", "That is a cat.", "We are not there."]


@pytest.fixture
def told(tmp_path):
    """A function that writes parts as tables and gives what their check tells."""

    def told(languages=("de", "en"), **parts):
        for part, rows in parts.items():
            lines = "".join(f"{a}\t{b}\n" for a, b in rows)
            (tmp_path / f"{part}.tsv").write_text(lines, encoding="utf-8")
        sources = find_sources(tmp_path, Choice(*languages))
        return "\n".join(check(sources, Rules()))

    return told


def pairs(count, source=GERMAN, target=ENGLISH):
    return [(f"{n} {source[n % 3]}", f"{n} {target[n % 3]}") for n in range(count)]


def test_clean_text_is_told_in_a_line_a_part(told):
    text = told(train=pairs(40), test=[("Nein.", "No.")])
    assert text.startswith("corpus ")
    assert "train: 40 pairs; source 5 words (median), 5 (95 %), 5 (most);" in text
    assert "test: 1 pairs" in text
    assert "validation: none; --split N" in text
    shown = re.findall(r"^  line (\d+)\t", text, flags=re.MULTILINE)
    assert len(shown) == 5
    assert shown == sorted(shown, key=int)
    assert not re.search(r"^  [^l]", text, flags=re.MULTILINE)
    assert told(train=pairs(40)) != told(train=pairs(41))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("OK.", "OK."), "1 copies (source = target), which --clean drops"),
        (("", "Yes."), "1 pairs with a blank side, which training drops"),
        (("Wort " * 99, "word " * 99), "1 pairs with more than 98 words on a side"),
        (("W" * 1001, "w" * 1001), "1 pairs with very long lines"),
        (("Ja.", "yes " * 20), "1 pairs of very unequal lengths"),
        (("GrÃ¼n.", "Green."), "1 sources with signs of text that was decoded twice"),
        (("K\ufffdse.", "Cheese."), "1 sources with a character U+FFFD"),
        (("Ja.", "Y\x07es."), "1 targets with control characters"),
        (("Собака.", "Dog."), "1 sources in CYRILLIC letters, where most are LATIN"),
        (("The dog is here", "Hier."), "1 sources that look like the other language"),
        (("0 Der Hund ist hier.", "0 The dog is here."), "1 pairs that an earlier"),
    ],
)
def test_what_is_strange_is_counted_with_its_first_line(told, row, said):
    text = told(train=[*pairs(40), row])
    assert said in text
    (line,) = (x for x in text.splitlines() if said in x)
    assert line.endswith("line 41") or "earlier" in line


def test_test_sources_in_train_are_counted(told):
    train = pairs(30)
    text = told(train=train, test=[("0  der HUND ist hier.", "x"), ("Neu.", "New.")])
    assert "1 pairs whose source is in test, too, the first in line 1" in text


def test_swapped_sides_and_wrong_languages(told):
    assert "look swapped" in told(("en", "de"), train=pairs(30))
    assert "only 0 target lines have a frequent word of fi" in told(
        ("de", "fi"), train=pairs(30)
    )
    assert "the target is in LATIN letters, but zh in CJK" in told(
        ("de", "zh"), train=pairs(30)
    )
    assert "look swapped" not in told(train=pairs(30))


def test_text_without_spaces_is_counted_in_characters(told):
    rows = [("犬が走る。", "The dog runs.")] * 3
    assert "source 5 characters (median)" in told(("ja", "en"), train=rows)
