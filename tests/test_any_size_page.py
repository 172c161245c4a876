"""The page on cost is that of its table."""

from pathlib import Path

import pytest

page = pytest.importorskip("benchmarks.any_size_page")

pytestmark = pytest.mark.backend_free

REPOSITORY = Path(__file__).parents[1]


def test_the_tables_of_the_page_are_those_of_the_csv():
    text = (REPOSITORY / page.PAGE).read_text(encoding="utf-8")
    rows = page.read(REPOSITORY / page.TABLE)
    assert page.with_tables(text, rows) == text
    assert (REPOSITORY / page.TABLE).with_suffix(".png").is_file()
