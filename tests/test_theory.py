"""dL_2/db by a formula, by differences and by the backend's differentiation."""

import numpy as np
import pytest
from keras import ops

from experiments.differentiation import gradient
from experiments.theory import __main__ as theory
from experiments.theory import two_steps
from keras_nmt.errors import InputError
from tests.test_imports import ROOT

SIZES = (1, 2, 5)

WRONG_BY = {
    1: (0, 0, 0.2452083838),
    2: (0.9402957365, 0.0711027242, 0.1481827788),
    5: (1.7977833976, 0.3908085955, 0.2724146105),
}
"""Relative errors of the readings of the writeup after the first one, by size."""


@pytest.mark.parametrize("size", SIZES)
def test_the_formula_is_the_automatic_derivative_in_float64(size):
    case = two_steps.random_case(size, size)
    found = theory.automatic(case)
    assert found.dtype == np.float64
    assert two_steps.relative_error(two_steps.derivative(case), found) < 1e-12


@pytest.mark.backend_free
@pytest.mark.parametrize("size", SIZES)
def test_the_formula_is_the_derivative_by_differences(size):
    case = two_steps.random_case(size, size)
    expected = two_steps.by_differences(case)
    assert two_steps.relative_error(two_steps.derivative(case), expected) < 1e-6


@pytest.mark.backend_free
def test_one_reading_of_the_writeup_is_right_and_two_are_from_two_units_on():
    for size in SIZES:
        case = two_steps.random_case(size, size)
        expected = two_steps.derivative(case)
        rows, added, entries, direct = (
            two_steps.relative_error(x, expected)
            for x in two_steps.readings(case).values()
        )
        assert rows < 1e-12
        found = added, entries, direct
        assert found == pytest.approx(WRONG_BY[size], rel=1e-6, abs=1e-12)


@pytest.mark.backend_free
def test_the_page_holds_the_table():
    page = (ROOT / "experiments/theory/DERIVATIVE.md").read_text(encoding="utf-8")
    for line in theory.lines(theory.table()):
        assert line in page


@pytest.mark.backend_free
def test_each_backend_has_its_rows_in_one_file(tmp_path):
    path = tmp_path / "derivative.csv"
    rows = theory.errors(two_steps.derivative)
    assert [row[:2] for row in rows] == [(1, 0.0), (2, 0.0), (4, 0.0)]
    theory.write_errors(path, "torch", [(1, 0.5, 0.5)])
    theory.write_errors(path, "jax", [(1, 1e-16, 2e-9)])
    theory.write_errors(path, "torch", [(1, 3e-16, 2e-9)])
    assert path.read_text(encoding="utf-8") == (
        "backend,hidden_dim,formula,differences\n"
        "jax,1,1.0e-16,2.0e-09\n"
        "torch,1,3.0e-16,2.0e-09\n"
    )
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="holds another table; give --out another"):
        theory.write_errors(path, "torch", rows)


@pytest.mark.backend_free
def test_a_target_that_does_not_sum_to_one_breaks_the_formula():
    """The third assumption is needed."""
    case = two_steps.random_case(0, 3)
    case = case._replace(target=2 * case.target)
    expected = two_steps.by_differences(case)
    assert two_steps.relative_error(two_steps.derivative(case), expected) > 0.01


def test_a_gradient_has_the_dtype_of_its_input():
    for dtype in ("float32", "float64"):
        x = np.array([1.0, -2.0], dtype)
        found = gradient(lambda x: ops.sum(x * x * x), x)
        assert found.dtype == dtype
        np.testing.assert_allclose(found, 3 * x * x, rtol=1e-6)
