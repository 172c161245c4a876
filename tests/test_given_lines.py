"""Lines come in any iterable of strings, and what is none is refused by its number."""

import collections
import enum
import io
import pathlib
import unicodedata

import numpy as np
import pandas as pd
import pytest

from keras_nmt.errors import InputError
from keras_nmt.run.ensemble import TrainedEnsemble
from keras_nmt.run.given_lines import given_lines, whole_number
from tests.test_trained import made

pytestmark = pytest.mark.backend_free

WORDS = ["Ja.", "", "Nein."]


class Answer(enum.StrEnum):
    YES = "Ja."


@pytest.mark.parametrize(
    "given",
    [
        WORDS,
        tuple(WORDS),
        (word for word in WORDS),
        iter(WORDS),
        io.StringIO("Ja.\n\nNein."),
        io.StringIO("Ja.\r\n\r\nNein.\r\n", newline=""),
        dict(enumerate(WORDS)).values(),
        dict.fromkeys(WORDS).keys(),
        collections.deque(WORDS),
        np.array(WORDS),
        np.array(WORDS, object),
        pd.Series(WORDS, index=[2, 1, 0]),
        pd.Series(["Wer?", *WORDS])[1:],
        pd.Series(WORDS, dtype="string"),
        pd.Series(WORDS, dtype="category"),
        pd.Index(WORDS),
        [Answer.YES, np.str_(""), "Nein."],
    ],
    ids=lambda given: type(given).__name__,
)
def test_any_iterable_of_strings_gives_its_lines_in_its_own_order(given):
    found = given_lines(given)
    assert found == WORDS
    assert {type(line) for line in found} == {str}


def test_a_line_loses_one_end_and_no_other_white_space():
    assert given_lines([" a\t\n", "b\n\n", "c\r", "\n"]) == [" a\t", "b\n", "c\r", ""]
    assert given_lines(["\ufeffa\r\n", "b\ufeff"]) == ["a", "b\ufeff"]


def test_a_decomposed_line_is_composed():
    assert given_lines(["u\u0308ber\n", np.str_("U\u0308")]) == ["über", "Ü"]


def alone():
    return made("rnn_cosine")


def ensemble():
    return TrainedEnsemble([made("rnn_cosine")] * 2)


@pytest.mark.parametrize(
    ("system", "entry"),
    [
        (alone, "translate"),
        (alone, "candidates"),
        (alone, "alignments"),
        (ensemble, "translate"),
        (ensemble, "candidates"),
    ],
)
def test_decomposed_lines_are_respelled_as_others_are(system, entry, monkeypatch):
    translator = system()
    spell = {"Fußgänger": "Hund"}
    monkeypatch.setattr(translator, "respell", lambda line: spell.get(line, line))
    ask = getattr(translator, entry)
    expected = [str(found) for found in ask(["Fußgänger"])]
    assert expected == [str(found) for found in ask(["Hund"])]
    assert expected != [str(found) for found in ask(["Der Mann."])]
    decomposed = unicodedata.normalize("NFD", "Fußgänger")
    assert [str(found) for found in ask([decomposed])] == expected


@pytest.mark.parametrize(
    ("given", "mend"),
    [
        ("Ja.", r"'Ja\.'; put one line into a list"),
        (b"Ja.", "put one line into a list"),
        (pathlib.Path("test.de"), r"open the file and give what open\(\) returns"),
        ({"a": "Ja."}, r"give its values, lines\.values\(\)"),
        ({"Ja."}, "a set has no order"),
        (frozenset(["Ja."]), "a set has no order"),
        (pd.DataFrame({"de": ["Ja."]}), "give one column"),
        (np.array([["Ja."]]), "one dimension, not of 2"),
        (np.array("Ja."), "one dimension, not of 0"),
        (None, "give a list of str"),
        (3, "give a list of str"),
    ],
)
def test_what_is_no_iterable_of_lines_is_refused_with_a_mend(given, mend):
    with pytest.raises(InputError, match=f"expected a list of lines.*{mend}") as error:
        given_lines(given)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "wrong",
    [None, float("nan"), pd.NA, b"Ja.", 3, 2.5, ["Ja."], ("Ja.",), np.array(["a\nb"])],
    ids=repr,
)
def test_what_is_no_line_is_refused_by_its_number(wrong):
    with pytest.raises(InputError, match=r"line 3: expected a str") as error:
        given_lines(["Ja.", "", wrong, "Nein."])
    assert "\n" not in str(error.value)


def test_the_number_of_a_line_counts_those_before():
    with pytest.raises(InputError, match="line 12: expected a str"):
        given_lines(["Ja.", None], first=10)


def test_missing_values_of_a_series_are_refused():
    with pytest.raises(InputError, match="line 2: expected a str"):
        given_lines(pd.Series(["Ja.", None, "Nein."]))


def test_half_a_character_is_refused_by_its_place():
    with pytest.raises(InputError, match=r"line 2, column 3: the surrogate U\+D83D"):
        given_lines(["Ja.", "ab\ud83d"])


def test_what_an_iterator_raises_comes_through():
    def broken():
        yield "Ja."
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        given_lines(broken())


@pytest.mark.parametrize("value", [True, 2.5, 0, -1, "8", None, np.float64(8)])
def test_a_number_that_is_not_whole_or_too_small_is_refused(value):
    with pytest.raises(InputError, match="batch_size must be a whole number"):
        whole_number("batch_size", value, 1)


@pytest.mark.parametrize("value", [8, np.int64(8), np.uint8(8)])
def test_a_whole_number_is_an_int(value):
    assert type(whole_number("batch_size", value, 1)) is int
