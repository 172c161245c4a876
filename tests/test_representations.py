"""Measures of representations: NumPy references and properties."""

import numpy as np
import pytest

from experiments.representations import attention, probes, similarity, skips

pytestmark = pytest.mark.backend_free


def normal(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


def rotation(seed, dim):
    return np.linalg.qr(normal(seed, dim, dim))[0]


def cka(one, other, size=8):
    found = similarity.LinearCka(1, 1)
    for start in range(0, len(one), size):
        found.add([one[start : start + size]], [other[start : start + size]])
    return found.matrix().item()


# === CKA ===


def test_cka_of_the_same_or_rotated_or_scaled_features_is_one():
    x = normal(0, 32, 10)
    for other in (x, x @ rotation(1, 10), 3 * x, x.reshape(32, 2, 5)):
        assert cka(x, other) == pytest.approx(1, abs=1e-6)
    assert cka(x, x @ normal(2, 10, 10)) < 0.99  # any other linear map changes it


def test_cka_of_independent_features_is_near_zero():
    values = [cka(normal(n, 64, 4), normal(n + 100, 64, 50), 16) for n in range(20)]
    assert abs(np.mean(values)) < 0.05


def test_cka_does_not_depend_on_the_batch_size_but_by_chance():
    x = normal(0, 960, 6)
    y = x @ normal(1, 6, 6) + 0.5 * normal(2, 960, 6)
    assert cka(x, y, 8) == pytest.approx(cka(x, y, 240), abs=0.03)


def test_hsic_is_the_mean_over_quadruples():
    """Its definition: the average of h(i, j, q, r) over different examples."""
    n = 6
    k, l = (x @ x.T for x in (normal(0, n, 2), normal(1, n, 3)))  # noqa: E741
    total, count = 0.0, 0
    for i, j, q, r in np.ndindex(n, n, n, n):
        if len({i, j, q, r}) == 4:
            total += k[i, j] * (l[i, j] + l[q, r] - 2 * l[i, q])
            count += 1
    assert similarity.hsic(k, l) == pytest.approx(total / count)


def test_fewer_than_four_examples_are_refused():
    with pytest.raises(ValueError, match="4 examples or more"):
        similarity.hsic(np.eye(3), np.eye(3))


def test_a_layer_without_differences_has_no_cka():
    assert np.isnan(cka(np.ones((8, 2)), normal(0, 8, 2)))


def test_uniformity_leaves_the_diagonal_out():
    assert similarity.uniformity([[1, 0.25], [0.75, 1]]) == 0.5


# === Attention ===


def test_a_head_that_looks_at_itself_looks_nowhere():
    own = np.broadcast_to(np.eye(4), (2, 1, 4, 4))
    everywhere = np.full((2, 1, 4, 4), 0.25)
    distances = attention.line_distances(4, 4)
    weights = np.concatenate([own, everywhere], axis=1)
    found = attention.mean_distances(weights, distances)
    assert found == pytest.approx([0, attention.uniform_distance(distances)])
    assert found[1] == pytest.approx(1.25)


def test_distances_of_patches_are_euclidean():
    distances = attention.grid_distances(2, 3)
    assert distances.shape == (6, 6)
    assert distances[0, 5] == pytest.approx(np.sqrt(5))
    assert distances[1, 4] == 1
    np.testing.assert_array_equal(distances, distances.T)


def test_padding_does_not_count():
    weights = np.zeros((1, 1, 2, 3))
    weights[0, 0, 0, 2] = weights[0, 0, 1, 1] = 1
    distances = attention.line_distances(2, 3)
    is_real = np.array([[True, False]])
    assert attention.mean_distances(weights, distances, is_real) == [2]
    assert attention.mean_distances(weights, distances) == [1]


def test_padding_that_is_seen_does_not_count_either():
    """A head that looks at all real positions alike reaches as far as one can."""
    is_real = np.array([[True, True, True, False, False]])
    heads = np.zeros((1, 2, 5, 5))
    heads[:, 0] = 0.2
    heads[:, 1, :, :3] = 1 / 3
    weights = attention.among_real(heads, is_real)
    distances = attention.line_distances(5, 5)
    found = attention.mean_distances(weights, distances, is_real)
    farthest = attention.reach(weights, distances, is_real)
    assert found == pytest.approx([8 / 9, 8 / 9])
    assert farthest == pytest.approx(8 / 9)
    assert attention.head_diversity(weights, is_real) == pytest.approx(0)


def test_heads_that_agree_have_no_diversity_and_disjoint_ones_a_bit():
    same = np.full((3, 4, 5, 6), 1 / 6)
    assert attention.head_diversity(same) == pytest.approx(0, abs=1e-12)
    disjoint = np.broadcast_to(np.eye(3)[:, None], (1, 3, 2, 3))
    assert attention.head_diversity(disjoint) == pytest.approx(1)
    shifted = np.concatenate([disjoint[:, :1], disjoint[:, :1], disjoint[:, 2:]], 1)
    assert attention.head_diversity(shifted) == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="two heads or more"):
        attention.head_diversity(same[:, :1])


def test_diversity_is_the_mean_of_the_divergences_of_pairs():
    weights = np.random.default_rng(0).dirichlet(np.ones(5), (1, 3, 1))
    p, q, r = weights[0, :, 0]

    def divergence(a, b):
        m = (a + b) / 2
        return sum((x * np.log2(x / m)).sum() for x in (a, b)) / 2

    expected = (divergence(p, q) + divergence(p, r) + divergence(q, r)) / 3
    assert attention.head_diversity(weights) == pytest.approx(expected)


# === Skips and probes ===


def test_the_norm_ratio_counts_real_positions():
    skip, branch = np.ones((1, 2, 4)), np.full((1, 2, 4), 0.5)
    branch[0, 1] = 4
    assert skips.norm_ratio(skip, branch) == pytest.approx((2 + 0.25) / 2)
    assert skips.norm_ratio(skip, branch, np.array([[True, False]])) == 2


def test_a_probe_finds_positions_that_are_there_and_no_others():
    noise = normal(0, 40, 5, 8)
    assert probes.position_accuracy(noise) < 0.5
    positions = np.broadcast_to(np.eye(5, 8), (40, 5, 8))
    assert probes.position_accuracy(0.1 * noise + positions) == 1
    with pytest.raises(ValueError, match="two examples"):
        probes.position_accuracy(noise[:1])
