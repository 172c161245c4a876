"""Compares the formulas for dL_2/db with automatic differentiation and differences.

    KERAS_BACKEND=torch python -m experiments.theory

DERIVATIVE.md holds what it prints; the numbers are the same on every backend.
"""

from keras import ops

from experiments.differentiation import gradient
from experiments.theory.two_steps import (
    by_differences,
    derivative,
    loss,
    random_case,
    readings,
    relative_error,
)

SIZES = (1, 2, 4)
"""Hidden units of the cases."""

SEED = 0


def table(differentiate=None):
    """Rows: a formula, then its relative error for each size.

    Args:
        differentiate: `case -> dL_2/db`, what the formulas are compared with; by
            default finite differences.
    """
    differentiate = differentiate or by_differences
    columns = []
    for size in SIZES:
        case = random_case(SEED, size)
        expected = differentiate(case)
        formulas = {"our formula": derivative(case), **readings(case)}
        columns.append(
            {name: relative_error(x, expected) for name, x in formulas.items()}
        )
    return [(name, *(column[name] for column in columns)) for name in columns[0]]


def automatic(case):
    """dL_2/db by the backend's automatic differentiation, in float64."""
    return gradient(lambda bias: loss(case, bias, ops), case.bias)


def lines(rows):
    """The rows as a markdown table; what is below 1e-6 counts as equal."""
    head = " | ".join(f"D = {size}" for size in SIZES)
    yield f"| formula | {head} |"
    yield "| --- |" + " ---: |" * len(SIZES)
    for name, *errors in rows:
        cells = (f"{x:.3f}" if x > 1e-6 else "equal" for x in errors)
        yield f"| {name} | {' | '.join(cells)} |"


def main():
    print("\n".join(lines(table(automatic))))
    for size in SIZES:
        case = random_case(SEED, size)
        error = relative_error(by_differences(case), automatic(case))
        print(f"D = {size}: differences and automatic differentiation: {error:.1e}")


if __name__ == "__main__":
    main()
