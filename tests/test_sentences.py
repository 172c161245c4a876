"""Lines are taken apart where sentences end, and nothing is lost."""

import random
import time

import pytest

from keras_nmt.run.sentences import join_sentences, split_sentences

pytestmark = pytest.mark.backend_free


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("de", ['Er sagte: "Ja."', "(Er kam z.B. am 3. Mai.)", "Gut!", "Ende"]),
        (
            "en",
            ["He said so... again.", "Mr. Smith paid 3.50 at 5 p.m. sharp!", "¿Why?"],
        ),
        ("hi", ["वह आया।", "वह गया।"]),
        ("ar", ["هل أنت هنا؟", "نعم."]),
        ("no language", ["One here.", "Two there!"]),
    ],
)
def test_a_line_is_taken_apart_where_sentences_end(language, sentences):
    assert split_sentences(" ".join(sentences), language) == sentences


@pytest.mark.parametrize("language", ["xx", "zh", "de"])
def test_full_width_full_stops_end_sentences_without_a_space(language):
    sentences = ["你好。", "他说「再见！」", "吃饭了吗？"]
    assert split_sentences("".join(sentences), language) == sentences
    assert join_sentences(sentences) == "".join(sentences)


def test_sentences_are_joined_with_a_space():
    assert join_sentences(["A.", "", "B", " C"]) == "A. B  C"
    assert join_sentences(["好。", "A."]) == "好。A."
    assert join_sentences([]) == ""


@pytest.mark.parametrize("line", ["", " ", "\t\n", "\x00", "...", "?!", "( ", "a. ("])
def test_a_line_of_nearly_nothing_stays_whole(line):
    assert split_sentences(line, "de") == [line.strip()] * bool(line.strip())


@pytest.mark.parametrize("seed", range(20))
def test_no_character_but_white_space_is_lost(seed):
    letters = random.Random(seed).choices(
        "aB3.!?。，！()[]«»„“\"'-–… \t\u3000\x00😀ü", k=999
    )
    line = "".join(letters)
    for language in ("de", "xx"):
        pieces = split_sentences(line, language)
        assert "".join("".join(pieces).split()) == "".join(line.split())


@pytest.mark.parametrize(
    "line", ["Der Hund läuft. " * 62_500, "(" * 10**6, "a." * 500_000]
)
def test_a_million_characters_take_seconds(line):
    began = time.process_time()
    split_sentences(line, "de")
    assert time.process_time() - began < 20
