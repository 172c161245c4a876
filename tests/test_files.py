"""Files of a report: read in full whatever their lines are, and written whole."""

import csv
import io
import random

import pytest

from keras_nmt.errors import InputError
from keras_nmt.files import read_cells, read_object, write_json, write_whole
from keras_nmt.run import runs
from tests.test_reporting import ROWS, make_run

pytestmark = pytest.mark.backend_free

PIECES = ["a", "ü", " ", "\\", '"', '""', ",", "\t", "\n", "\r", "\r\n"]


def test_a_run_with_a_very_long_test_line_is_complete(tmp_path):
    limit = csv.field_size_limit()
    folder = make_run(tmp_path)
    source, *others = ROWS[0]
    rows = [(source + ' "x"' * 50_000, *others), *ROWS[1:]]
    runs.write_translations(folder / runs.TRANSLATIONS, rows)
    run = runs.complete_run(folder)
    assert runs.read_translations(run.folder / runs.TRANSLATIONS) == rows
    assert csv.field_size_limit() == limit  # the process's, and not ours to change


def test_cells_are_read_as_the_csv_module_reads_them(tmp_path):
    draw, path, refused = random.Random(1), tmp_path / "table.csv", 0
    for _ in range(2000):
        text = '"head"' + "".join(draw.choices(PIECES, k=draw.randrange(8)))
        write_whole(path, text)
        try:
            expected = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        except csv.Error:
            refused += 1
            with pytest.raises(InputError, match="a quoted cell does not end well"):
                read_cells(path)
            continue
        expected = [row or [""] for row in expected]
        if len({*map(len, expected)}) == 1:
            assert read_cells(path) == expected
    assert 200 < refused < 1800


def test_a_cell_that_never_ends_is_named_with_its_line(tmp_path):
    write_whole(tmp_path / "table.csv", 'a,b\n1,"2\n3,4\n')
    with pytest.raises(InputError, match=r"table\.csv: line 2: a quoted cell"):
        read_cells(tmp_path / "table.csv")


def test_a_name_that_is_no_text_is_kept(tmp_path):
    """Such as a folder's whose name is not UTF-8."""
    path = write_json(tmp_path / "config.json", {"corpus": "Über\udcff"})
    assert read_object(path) == {"corpus": "Über\udcff"}
    assert "Über".encode() in path.read_bytes()
