"""Subwords that are drawn anew every epoch: the same ones for the same seed."""

import dataclasses
import logging

import pytest

from keras_nmt.errors import InputError
from keras_nmt.preparation.in_memory import prepare
from keras_nmt.recipes.own import TRANSFORMER
from keras_nmt.specials import UNK
from keras_nmt.text.batching import TranslationBatches
from keras_nmt.text.processing import EncodedPairs
from keras_nmt.text.subword_sampling import SampledPairs
from keras_nmt.text.tokenizer import SubwordTokenizer
from keras_nmt.text.vocabulary import Vocabulary
from tests.test_train import small_corpus

pytestmark = pytest.mark.backend_free

OPTIONS = {
    "tokenizer": "joint_subwords",
    "subword_vocabulary_size": 150,
    "lowercase": False,
    "max_length": 60,
}
KINDS = ("bpe", "unigram")


@pytest.fixture(scope="module")
def corpus():
    return small_corpus()


def sampled(corpus, kind="bpe", seed=0, **options):
    """A `Prepared` corpus and its train pairs, sampled."""
    options = {**OPTIONS, "subword_sampling": 0.2, "subword_model": kind, **options}
    prepared = prepare(corpus, **options)
    return prepared, prepared.train_pairs(seed)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_draws_the_same_pieces(corpus, kind):
    lines = list(corpus.train.target)
    tokenizer = SubwordTokenizer.train(lines, 150, at_most=True, kind=kind)
    first = tokenizer.sample(lines, 0.2, 7)
    tokenizer.sample(lines[:3], 0.2, 8)
    assert tokenizer.sample(lines, 0.2, 7) == first
    assert tokenizer.sample(lines, 0.2, 8) != first
    assert [tokenizer.detokenize(tokens) for tokens in first] == lines
    plain = [tokenizer.tokenize(line) for line in lines]
    assert sum(map(len, first)) > sum(map(len, plain))
    assert {piece for tokens in first for piece in tokens} <= {*tokenizer.pieces()}


def test_more_merges_are_dropped_with_a_higher_probability(corpus):
    lines = list(corpus.train.target)
    tokenizer = SubwordTokenizer.train(lines, 150)
    counts = [
        sum(map(len, tokenizer.sample(lines, alpha, 0))) for alpha in (0.001, 0.1, 0.5)
    ]
    assert counts == sorted(counts)
    letters = sum(len(line) + 1 for line in lines)
    assert counts[0] < 0.6 * letters < counts[2] < letters


@pytest.mark.parametrize("tokenizer", ["subwords", "joint_subwords"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_epoch_says_the_same_words_in_other_pieces(corpus, kind, tokenizer):
    prepared, pairs = sampled(corpus, kind, tokenizer=tokenizer)
    first, second = pairs.of_epoch(0), pairs.of_epoch(1)
    assert first != second != list(pairs)
    text = corpus.train.select(prepared.pairs["train"].kept)
    for epoch in (first, second):
        for side, lines in enumerate((text.source, text.target)):
            processor = (prepared.source, prepared.target)[side]
            assert tuple(processor.decode(pair[side]) for pair in epoch) == lines
        assert not any(UNK in ids for pair in epoch for ids in pair)
    _, again = sampled(corpus, kind, tokenizer=tokenizer)
    assert (again.of_epoch(1), again.of_epoch(0)) == (second, first)
    _, other = sampled(corpus, kind, seed=1, tokenizer=tokenizer)
    assert other.of_epoch(0) != first


def test_validation_and_test_are_never_sampled(corpus):
    prepared, _ = sampled(corpus)
    plain = prepare(corpus, **OPTIONS)
    for part in ("validation", "test"):
        for found, expected in zip(
            prepared.pairs[part], plain.pairs[part], strict=True
        ):
            for ids, others in zip(found, expected, strict=True):
                tokens = plain.target.tokens(others)
                assert prepared.target.tokens(ids) == tokens
    line = corpus.train.target[0]
    assert prepared.target.encode(line) == prepared.target.encode(line)


def test_the_vocabulary_holds_every_piece_only_if_they_are_sampled(corpus):
    prepared, _ = sampled(corpus)
    plain = prepare(corpus, **OPTIONS)
    pieces = {*prepared.target.tokenizer.pieces()}
    known = {*prepared.target.vocabulary.tokens[4:]}
    assert known == pieces
    assert {*plain.target.vocabulary.tokens[4:]} < pieces


def test_a_pair_that_becomes_too_long_keeps_its_plain_pieces(corpus):
    lengths = [max(map(len, pair)) for pair in sampled(corpus)[0].pairs["train"]]
    longest = max(lengths)
    _, pairs = sampled(corpus, max_length=longest, subword_sampling=0.5)
    drawn = pairs.of_epoch(0)
    assert max(len(ids) for pair in drawn for ids in pair) <= longest
    kept = [pair == plain for pair, plain in zip(drawn, pairs, strict=True)]
    assert 0 < sum(kept) < len(kept)


def test_batches_follow_the_pairs_of_their_epoch(corpus):
    _, pairs = sampled(corpus)
    shapes = [(n, n) for n in (24, 32, 40, 60)]
    batches = TranslationBatches(pairs, 16, shapes, seed=0)
    assert batches.vary

    def epoch(number, done=0):
        batches.set_epoch(number, done)
        return [
            x["source"].tolist()
            for x, _ in map(batches.__getitem__, range(len(batches)))
        ]

    first, second = epoch(0), epoch(1)
    assert batches.target_tokens == sum(len(t) - 1 for _, t in pairs.of_epoch(1))
    assert first != second
    # After an interruption the batches that were done come last.
    assert epoch(1, done=3) == second[3:] + second[:3]
    assert epoch(0) == first
    assert not TranslationBatches(list(pairs), 16, shapes).vary


def test_unknown_pieces_are_told(corpus, caplog):
    prepared, _ = sampled(corpus)
    plain = prepare(corpus, **OPTIONS)
    lacking = dataclasses.replace(
        prepared.target, vocabulary=Vocabulary(plain.target.vocabulary.tokens[:60])
    )
    text = corpus.train
    pairs = EncodedPairs([([2, 4, 3], [2, 4, 3])] * len(text), (), (), ())
    drawn = SampledPairs(pairs, text, lacking, lacking, 0.2, 60, 0)
    with caplog.at_level(logging.WARNING, "keras_nmt"):
        drawn.of_epoch(2)
    assert "epoch 3: " in caplog.text
    assert "sampled subwords are unknown, 0 without sampling" in caplog.text


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"subword_sampling": 1.0}, "subword_sampling 1.0: expected at least 0"),
        ({"subword_model": "word"}, "subword_model 'word': no such subword_model"),
        ({"tokenizer": "words", "tied": "none", "subword_sampling": 0.1}, "needs subw"),
        ({"consistency": "rdrop"}, "did you mean r_drop"),
        ({"consistency": "simcut", "cutoff": 0.0}, "cuts nothing with cutoff 0"),
        ({"consistency_weight": 0.0}, "consistency_weight 0.0: expected a number"),
        ({"word_dropout": -0.1}, "word_dropout -0.1: expected at least 0"),
    ],
)
def test_recipes_refuse_what_cannot_be(fields, complaint):
    with pytest.raises(InputError, match=complaint):
        dataclasses.replace(TRANSFORMER, **fields)
