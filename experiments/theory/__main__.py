"""Compares the formulas for dL_2/db with automatic differentiation and differences.

    KERAS_BACKEND=torch python -m experiments.theory [--out FILE.csv]

DERIVATIVE.md holds what it prints; the numbers are the same on every backend. The file
gets a row for each size; rows that other backends wrote stay.
"""

from pathlib import Path

import keras
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
from keras_nmt.errors import InputError
from keras_nmt.files import MissingFile, read_cells, write_whole
from keras_nmt.program.command_line import OptionParser, command_line

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

    def loss_of(bias):
        # Keras makes float32 tensors of NumPy arrays unless it is told otherwise.
        tensors = (ops.convert_to_tensor(x, dtype="float64") for x in case)
        return loss(type(case)(*tensors), bias, ops)

    return gradient(loss_of, case.bias)


def lines(rows):
    """The rows as a markdown table; what is below 1e-6 counts as equal."""
    head = " | ".join(f"D = {size}" for size in SIZES)
    yield f"| formula | {head} |"
    yield "| --- |" + " ---: |" * len(SIZES)
    for name, *errors in rows:
        cells = (f"{x:.3f}" if x > 1e-6 else "equal" for x in errors)
        yield f"| {name} | {' | '.join(cells)} |"


def errors(differentiate=automatic):
    """Relative errors of the formula, and of differences, for each size.

    Args:
        differentiate: `case -> dL_2/db`, what both are compared with.

    Returns:
        A list of (D, error of the formula, error of central differences).
    """
    found = []
    for size in SIZES:
        case = random_case(SEED, size)
        expected = differentiate(case)
        ours = (derivative(case), by_differences(case))
        found.append((size, *(relative_error(x, expected) for x in ours)))
    return found


def write_errors(path, backend, rows):
    """Puts a backend's rows of `errors` into the file, in place of its old ones.

    Raises:
        InputError: the file is there, but holds another table.
    """
    header, *known = _known(path)
    mine = [[backend, str(size), *(f"{x:.1e}" for x in both)] for size, *both in rows]
    others = [row for row in known if row[0] != backend]
    lines = [header, *sorted(others + mine)]
    write_whole(path, "".join(",".join(line) + "\n" for line in lines))


COLUMNS = ["backend", "hidden_dim", "formula", "differences"]
"""The last two are relative errors against automatic differentiation."""


def _known(path):
    try:
        rows = read_cells(path)
    except MissingFile:
        return [COLUMNS]
    if rows[0] != COLUMNS:
        raise InputError(f"{path}: holds another table; give --out another name")
    return rows


@command_line
def main(argv=None):
    parser = OptionParser(description=__doc__)
    parser.add_argument("--out", type=Path, metavar="FILE.csv")
    options = parser.parse_args(argv)
    print("\n".join(lines(table(automatic))))
    rows = errors()
    for size, formula, differences in rows:
        print(
            f"D = {size}: against automatic differentiation, our formula {formula:.1e},"
            f" differences {differences:.1e}"
        )
    if options.out:
        write_errors(options.out, keras.backend.backend(), rows)


if __name__ == "__main__":
    main()
