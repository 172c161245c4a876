"""Tokenizers: literal tokens, readable text again, configs."""

import gzip
import json
import os
import pathlib

import pytest

from keras_nmt.errors import InputError
from keras_nmt.text.joining import capitalize_sentences, join_words
from keras_nmt.text.lines import read_lines
from keras_nmt.text.tokenizer import (
    SubwordTokenizer,
    WordTokenizer,
    deserialize,
    serialize,
)

pytestmark = pytest.mark.backend_free

CAPTIONS = [
    "A man in an orange hat starring at something.",
    "Zwei junge weiße Männer sind im Freien in der Nähe vieler Büsche.",
    "Die Straße ist naß – ein Hund läuft über die Wiese.",
] * 5

TOKENS = [
    ("en", "A man isn't well-known.", "a man is n't well - known ."),
    ("en", 'The dog\'s "toy" (a ball)!', 'the dog \'s " toy " ( a ball ) !'),
    ("de", "Zwei Hunde, z.B. im Schnee.", "zwei hunde , z.b. im schnee ."),
    ("de", "Ein T-Shirt: „Ja!“", "ein t-shirt : „ ja ! “"),
    ("xx", "Dva psi, běží.", "dva psi , běží ."),
    ("en", "", ""),
]


@pytest.mark.parametrize(("language", "line", "tokens"), TOKENS)
def test_literal_tokens(language, line, tokens):
    assert WordTokenizer(language).tokenize(line) == tokens.split()
    assert WordTokenizer(language, newline_token=True).tokenize(line) == [
        *tokens.split(),
        "\n",
    ]


def test_white_space_is_a_token_in_the_protocol_only():
    line = "Two  dogs\trun "
    assert WordTokenizer("en").tokenize(line) == ["two", "dogs", "run"]
    protocol = WordTokenizer("en", newline_token=True)
    assert protocol.tokenize(line) == ["two", " ", "dogs", "\t", "run", "\n"]
    assert protocol.detokenize(protocol.tokenize(line)) == "Two dogs run"


def test_casing_is_kept_on_request():
    tokenizer = WordTokenizer("de", lowercase=False)
    assert tokenizer.tokenize("Der Hund.") == ["Der", "Hund", "."]
    assert tokenizer.detokenize(["der", "Hund", "."]) == "der Hund."


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "A man isn't well-known; he doesn't care."),
        ("en", 'The dog\'s sign says: "Stop!" (in red).'),
        ("en", "The dogs' bowl is red/blue."),
        ("en", 'She said "yes" and "no", then left.'),
        ("en", "“Yes,” they’re saying."),
        ("en", "A dog. It runs! Does it? Yes..."),
        ("de", "Ein T-Shirt – mit der Aufschrift „Ja!“ – hängt da."),
        ("de", "Hinter ihm: »Halt«, [sic] ‚nein‘."),
        ("de", "Über die Straße, um 8 Uhr."),
    ],
)
def test_text_is_restored(language, text):
    for lowercase in (False, True):
        tokenizer = WordTokenizer(language, lowercase, newline_token=True)
        restored = tokenizer.detokenize(tokenizer.tokenize(text))
        assert restored.lower() == text.lower()
        assert lowercase or restored == text


def test_lowercased_sentences_get_their_capitals():
    tokenizer = WordTokenizer("en")
    words = ['"', "a", "dog", ".", '"', "it", "runs", "(", "fast", ")", "."]
    assert tokenizer.detokenize(words) == '"A dog." It runs (fast).'
    assert capitalize_sentences(["<unk>", "runs"]) == ["<unk>", "runs"]
    # Georgian sentences begin with no capital; a digraph's second letter stays small.
    assert capitalize_sentences(["გამარჯობა"]) == ["გამარჯობა"]
    assert capitalize_sentences(["ǆep"]) == ["ǅep"]
    assert capitalize_sentences(["über", "..."]) == ["Über", "..."]
    assert tokenizer.detokenize([]) == tokenizer.detokenize(["\n"]) == ""


def test_a_hyphen_alone_is_a_dash_where_words_keep_theirs():
    assert join_words(["a", "-", "b"], join_hyphens=True) == "a-b"
    assert join_words(["a", "-", "b"], join_hyphens=False) == "a - b"


@pytest.mark.parametrize("language", ["de", "en"])
def test_more_than_99_of_100_captions_are_restored(language):
    if "KERAS_NMT_DATA" not in os.environ:
        pytest.skip("set KERAS_NMT_DATA to a folder with Multi30k to run this")
    folder = pathlib.Path(os.environ["KERAS_NMT_DATA"])
    lines = read_lines(next(folder.glob(f"val.{language}*")))
    tokenizer = WordTokenizer(language, lowercase=False)
    same = sum(
        tokenizer.detokenize(tokenizer.tokenize(line)) == " ".join(line.split())
        for line in lines
    )
    assert same > 0.99 * len(lines)


def test_a_language_without_rules():
    with pytest.raises(InputError, match="language 'tgt': spaCy cannot tokenize it"):
        WordTokenizer("tgt")


@pytest.fixture(scope="module")
def subwords():
    return SubwordTokenizer.train(CAPTIONS, 80)


def test_subwords_restore_text(subwords):
    for line in [*CAPTIONS, "Zwei weiße Hunde", "über", ""]:
        assert subwords.detokenize(subwords.tokenize(line)) == line


def test_subwords_keep_whole_what_is_frequent():
    tokenizer = SubwordTokenizer.train(["a dog runs", "a dog sits"] * 10, 30)
    assert tokenizer.tokenize("a dog rus") == ["▁a", "▁dog", "▁ru", "s"]


def test_subwords_do_not_change_characters(subwords):
    assert subwords.detokenize(subwords.tokenize("½ … ﬁ")) == "½ … ﬁ"


def test_unknown_subwords_stay_visible(subwords):
    assert "<unk>" in subwords.detokenize(["▁A", "<unk>"])


def test_lines_of_any_length_are_learned_from():
    tokenizer = SubwordTokenizer.train(["quick zebra " * 400] * 2, 20, at_most=True)
    assert "<unk>" not in tokenizer.detokenize(tokenizer.tokenize("quick zebra"))


def test_subword_training_is_deterministic_and_silent(subwords, capfd):
    again = SubwordTokenizer.train(CAPTIONS, 80)
    assert again.get_config() == subwords.get_config()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("lines", "size", "complaint"),
    [
        (CAPTIONS, 5000, r"vocabulary_size 5000: set it to at most \d+$"),
        (CAPTIONS, 5, r"vocabulary_size 5: set it above \d+$"),
        ([], 50, "the lines hold no text"),
        (["", " "], 50, "the lines hold no text"),
    ],
)
def test_subword_training_that_cannot_be(lines, size, complaint):
    with pytest.raises(InputError, match=complaint):
        SubwordTokenizer.train(lines, size)


def test_the_mend_of_a_vocabulary_size_works():
    for size in (5000, 5):
        with pytest.raises(InputError) as error:
            SubwordTokenizer.train(CAPTIONS, size)
        mended = int(str(error.value).rpartition(" ")[2])
        assert SubwordTokenizer.train(CAPTIONS, mended + (size == 5)).tokenize("Hund")


@pytest.mark.parametrize("model", [b"", b"junk", gzip.compress(b"junk", mtime=0)])
def test_what_is_no_subword_model(model):
    with pytest.raises(InputError, match="not a SentencePiece model"):
        SubwordTokenizer(model)


def test_round_trips_through_json(subwords):
    words = WordTokenizer("en", lowercase=False, newline_token=True)
    for tokenizer in (words, subwords):
        config = json.loads(json.dumps(serialize(tokenizer)))
        again = deserialize(config)
        assert type(again) is type(tokenizer)
        assert again.get_config() == tokenizer.get_config()
        assert again.tokenize("A man!") == tokenizer.tokenize("A man!")


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ({}, "class_name must be one of .*Received: None"),
        ({"class_name": "Other"}, "'SubwordTokenizer', 'WordTokenizer'"),
        ({"class_name": "WordTokenizer", "config": {"lang": "de"}}, "'lang'"),
        ({"class_name": "SubwordTokenizer", "config": {}}, "key 'model'"),
        ({"class_name": "SubwordTokenizer", "config": {"model": "%"}}, "key 'model'"),
    ],
)
def test_damaged_configs(config, complaint):
    with pytest.raises(InputError, match=complaint):
        deserialize(config)


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_word_without_an_end_is_cut_where_its_time_would_have_none(language):
    tokenizer = WordTokenizer(language)
    found = tokenizer.tokenize("ja " + "a" * 450)
    assert found == ["ja", "a" * 200, "a" * 200, "a" * 50]
    assert tokenizer.tokenize("(" * 20_000) == ["("] * 20_000
