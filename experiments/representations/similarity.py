"""Linear CKA: how similar are the representations of two layers?

    CKA(X, Y) = HSIC(K, L) / sqrt(HSIC(K, K) HSIC(L, L)),    K = X X', L = Y Y'

Kornblith et al. 2019. HSIC is the unbiased estimator of Song et al. 2012, averaged over
minibatches before the quotient is taken, as in Nguyen et al. 2021 ("Do Wide and Deep
Networks Learn the Same Things?"): its expectation does not depend on the batch size.
Rotating or scaling the features of a layer changes nothing.
"""

import numpy as np

LEAST = 4
"""Examples of a minibatch; the estimator divides by n - 3."""


def hsic(k, l):  # noqa: E741
    """The unbiased HSIC of two Gram matrices.

        HSIC = (tr(K~ L~) + (1'K~1)(1'L~1) / ((n-1)(n-2)) - 2 (1'K~L~1) / (n-2))
               / (n (n-3))

    where ~ sets the diagonal to 0 (Song et al. 2012, equation 5). It may be negative.

    Args:
        k, l: float (n, n), symmetric, n at least 4.
    """
    n = len(k)
    if n < LEAST:
        raise ValueError(f"HSIC needs {LEAST} examples or more. Received: {n}")
    k, l = _hollow(k), _hollow(l)  # noqa: E741
    rows_k, rows_l = k.sum(axis=0), l.sum(axis=0)
    product = rows_k.sum() * rows_l.sum() / ((n - 1) * (n - 2))
    cross = 2 * (rows_k @ rows_l) / (n - 2)
    return ((k * l).sum() + product - cross) / (n * (n - 3))


def gram(x):
    """`X X'` of one minibatch, float64, (n, n).

    The features' mean is taken away: HSIC is the same without it, and its rounding
    errors are smaller.

    Args:
        x: (n, ...), the features of n examples in any shape.
    """
    flat = np.asarray(x, "float64").reshape(len(x), -1)
    flat = flat - flat.mean(axis=0)
    return flat @ flat.T


class LinearCka:
    """CKA between all layers of two networks, over minibatches of the same examples.

    Args:
        rows, columns: the numbers of layers.

    Example:
    >>> cka = LinearCka(1, 1)
    >>> x = np.random.default_rng(0).standard_normal((8, 3))
    >>> cka.add([x], [2 * x])
    >>> cka.matrix().round(6)
    array([[1.]])
    """

    def __init__(self, rows, columns):
        self._products = np.zeros((rows, columns))
        self._rows = np.zeros(rows)
        self._columns = np.zeros(columns)

    def add(self, one, other):
        """Adds a minibatch.

        Args:
            one, other: the layers' features, one array (n, ...) each.
        """
        one, other = [gram(x) for x in one], [gram(x) for x in other]
        for i, k in enumerate(one):
            self._rows[i] += hsic(k, k)
            for j, l in enumerate(other):  # noqa: E741
                self._products[i, j] += hsic(k, l)
        self._columns += [hsic(l, l) for l in other]  # noqa: E741

    def matrix(self):
        """CKA, (rows, columns); NaN for a layer that does not tell examples apart."""
        squares = np.outer(self._rows, self._columns)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(squares > 0, self._products / np.sqrt(squares), np.nan)


def uniformity(matrix):
    """The mean CKA of different layers of one network; 1 if all hold the same.

    Args:
        matrix: CKA of a network with itself, (layers, layers).
    """
    matrix = np.asarray(matrix)
    return float(matrix[~np.eye(len(matrix), dtype=bool)].mean())


def _hollow(matrix):
    matrix = np.array(matrix, "float64")
    np.fill_diagonal(matrix, 0.0)
    return matrix
