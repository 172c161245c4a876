"""Literal logits that every backend must meet.

`golden/logits.json` holds the logits of each tiny system, with the weights that
`checks.fill` gives it, to seven digits. They change only with the mathematics of a
system; then look at why, and write them anew (any backend will do):

    KERAS_BACKEND=jax python -m tests.test_golden
"""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.checks import RECURRENT, SYSTEMS, inputs_for, system, to_numpy

PATH = Path(__file__).parent / "golden" / "logits.json"
FREE_RUNNING = ", free running"

CASES = {name: (name, {}) for name in SYSTEMS} | {
    name + FREE_RUNNING: (name, {"feeding": "free_running"}) for name in RECURRENT
}


def logits_of(case):
    name, options = CASES[case]
    return to_numpy(system(name, **options)(inputs_for(name)))


@pytest.fixture(scope="module")
def golden():
    return json.loads(PATH.read_text(encoding="utf-8"))


def test_golden_file_holds_exactly_the_systems_there_are(golden):
    assert list(golden) == list(CASES)


@pytest.mark.parametrize("case", CASES)
def test_logits_are_the_golden_ones(case, golden):
    actual = logits_of(case)
    assert actual.shape == np.shape(golden[case])
    np.testing.assert_allclose(actual, golden[case], rtol=0, atol=1e-5)


def regenerate():
    """Writes `PATH`; one sentence a line."""
    blocks = []
    for case in CASES:
        sentences = logits_of(case).astype("float64").round(7).tolist()
        lines = ",\n  ".join(json.dumps(sentence) for sentence in sentences)
        blocks.append(f'"{case}": [\n  {lines}\n]')
    PATH.write_text("{\n" + ",\n".join(blocks) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    regenerate()
