"""IBM model 1 learns word by word translations from pairs of sentences alone."""

import numpy as np
import pytest

from experiments.explanations.ibm_model1 import NULL, Model1, sure_alignments

pytestmark = pytest.mark.backend_free

PAIRS = [([1, 2], [6, 5]), ([1, 3, 1], [7, 5]), ([2], [6]), ([3, 2], [6, 7, 6])]


def by_the_book(pairs, iterations):
    """Brown et al. 1993, equation 17, with loops over words."""
    table = {(s, t): 1.0 for ss, ts in pairs for s in (*ss, NULL) for t in ts}
    for _ in range(iterations):
        counts = dict.fromkeys(table, 0.0)
        for ss, ts in pairs:
            for t in ts:
                total = sum(table[s, t] for s in (*ss, NULL))
                for s in (*ss, NULL):
                    counts[s, t] += table[s, t] / total
        totals = {}
        for (s, _), count in counts.items():
            totals[s] = totals.get(s, 0.0) + count
        table = {key: count / totals[key[0]] for key, count in counts.items()}
    return table


@pytest.mark.parametrize("iterations", [1, 7])
def test_the_table_is_that_of_expectation_maximisation(iterations):
    model = Model1(PAIRS, iterations)
    for (source, target), expected in by_the_book(PAIRS, iterations).items():
        assert model.probability(source, target) == pytest.approx(expected)
    assert model.probability(1, 99) == model.probability(99, 5) == 0


def test_a_sentence_has_a_row_for_each_target_word_and_null_last():
    model = Model1(PAIRS)
    table = model.table([3, 99], [7, 5])
    assert table.shape == (2, 3)
    assert table[0].tolist() == [
        model.probability(3, 7),
        0,
        model.probability(NULL, 7),
    ]


def test_words_in_any_order_are_aligned():
    generator = np.random.default_rng(0)
    pairs = []
    for _ in range(200):
        source = generator.choice(20, 5, replace=False)
        pairs.append((source.tolist(), (generator.permutation(source) + 50).tolist()))
    forward, backward = Model1(pairs), Model1([pair[::-1] for pair in pairs])
    for source, target in pairs[:20]:
        sure = sure_alignments(forward, backward, source, target)
        assert len(sure) == 5
        assert all(target[t] == source[s] + 50 for t, s in sure)
    # Nobody knows which of two equal words a word translates.
    source, target = pairs[0]
    twice = sure_alignments(forward, backward, [*source, source[0]], target)
    assert {s for _, s in twice} == {1, 2, 3, 4}
    # A word that was never seen is aligned with nothing.
    assert sure_alignments(forward, backward, [0, 1], [50, 999]) == [(0, 0)]
