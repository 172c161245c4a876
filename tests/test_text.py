"""Lines to ids and back, and the writeup's protocol in literal numbers."""

import json

import pytest

from keras_nmt.corpora.corpus import ParallelText
from keras_nmt.errors import InputError
from keras_nmt.text.processing import TextProcessor, encode_pairs, tokenize_pairs
from keras_nmt.text.tokenizer import SubwordTokenizer, WordTokenizer
from keras_nmt.text.vocabulary import EOS, SOS, UNK, Vocabulary

pytestmark = pytest.mark.backend_free

TEXT = ParallelText(
    ("Ein Hund läuft.", "Ein Hund schläft im Gras.", "Ein Mann läuft."),
    ("A dog runs.", "A dog sleeps in the grass.", "A man runs."),
)


@pytest.fixture(scope="module")
def protocol():
    """Tokens and processors of `TEXT` as the writeup makes them."""
    german = WordTokenizer("de", newline_token=True)
    english = WordTokenizer("en", newline_token=True)
    tokens = tokenize_pairs(TEXT, german, english)
    source = TextProcessor(german, Vocabulary.build(tokens.source))
    target = TextProcessor(english, Vocabulary.build(tokens.target))
    return tokens, source, target


def test_protocol_vocabulary(protocol):
    _, source, target = protocol
    words = source.vocabulary.tokens[4:], target.vocabulary.tokens[4:]
    assert words == (
        ("\n", ".", "ein", "hund", "läuft"),
        ("\n", ".", "a", "dog", "runs"),
    )


def test_protocol_ids(protocol):
    tokens, source, target = protocol
    assert list(encode_pairs(tokens, source, target)) == [
        ([2, 6, 7, 8, 5, 4, 3], [2, 6, 7, 8, 5, 4, 3]),
        ([2, 6, 7, 0, 0, 0, 5, 4, 3], [2, 6, 7, 0, 0, 0, 0, 5, 4, 3]),
        ([2, 6, 0, 8, 5, 4, 3], [2, 6, 0, 8, 5, 4, 3]),
    ]


@pytest.mark.parametrize(
    ("max_length", "kept"),
    [(None, (0, 1, 2)), (10, (0, 1, 2)), (9, (0, 2)), (7, (0, 2)), (6, ())],
)
def test_length_counts_the_specials_of_the_longer_side(protocol, max_length, kept):
    encoded = encode_pairs(*protocol, max_length=max_length)
    assert encoded.kept == kept
    assert len(encoded) == len(kept)
    references = TEXT.select(encoded.kept).target
    assert references == tuple(TEXT.target[i] for i in kept)


def test_encoding_a_line_equals_encoding_a_corpus(protocol):
    tokens, source, target = protocol
    for index, (source_ids, target_ids) in enumerate(
        encode_pairs(tokens, source, target)
    ):
        assert source.encode(TEXT.source[index]) == source_ids
        assert target.encode(TEXT.target[index]) == target_ids


def test_ids_become_tokens_and_readable_text(protocol):
    _, source, target = protocol
    ids = target.encode("A dog runs, a cat sleeps.")
    expected = ["a", "dog", "runs", "<unk>", "a", "<unk>", "<unk>", ".", "\n"]
    assert target.tokens(ids) == expected
    assert target.decode(target.encode("A dog runs.")) == "A dog runs."
    assert source.decode([SOS, EOS]) == ""


def test_combining_letters_are_known_in_use(protocol):
    _, source, _ = protocol
    assert source.encode("la\u0308uft") == source.encode("l\u00e4uft")
    decomposed = ParallelText(("la\u0308uft",), ("runs",))
    tokens = tokenize_pairs(decomposed, source.tokenizer, source.tokenizer)
    assert tokens.source == (["läuft", "\n"],)


def test_a_special_in_the_text_does_not_end_the_sentence():
    tokenizer = SubwordTokenizer.train(["a <eos> b <unk>"] * 20, 14)
    tokens = [tokenizer.tokenize("a <eos> b <unk>")] * 2
    processor = TextProcessor(tokenizer, Vocabulary.build([*tokens, ["<eos>"] * 9]))
    ids = processor.encode("a <eos> b <unk>")
    assert ids.count(EOS) == 1
    assert UNK not in ids
    assert processor.decode(ids) == "a <eos> b <unk>"


@pytest.mark.parametrize("kind", ["words", "subwords"])
def test_round_trip_through_json(kind):
    lines = TEXT.target
    tokenizer = (
        WordTokenizer("en")
        if kind == "words"
        else SubwordTokenizer.train(list(lines) * 5, 30)
    )
    tokens = [tokenizer.tokenize(line) for line in lines]
    processor = TextProcessor(tokenizer, Vocabulary.build(tokens, 1))
    config = json.loads(json.dumps(processor.get_config()))
    again = TextProcessor.from_config(config)
    for line in lines:
        assert again.encode(line) == processor.encode(line)
        assert again.decode(again.encode(line)) == line


@pytest.mark.parametrize("key", ["tokenizer", "vocabulary"])
def test_a_config_without_a_part(protocol, key):
    config = protocol[1].get_config()
    del config[key]
    with pytest.raises(InputError, match=f"key '{key}' is missing"):
        TextProcessor.from_config(config)
