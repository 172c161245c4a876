"""Files of a report: read in full whatever their lines are, and written whole."""

import pytest

from keras_nmt.errors import InputError
from keras_nmt.files import read_cells, read_object, write_json, write_whole
from keras_nmt.run import runs
from keras_nmt.run.file_formats import read_translations, write_translations
from tests.test_reporting import ROWS, make_run

pytestmark = pytest.mark.backend_free


def test_a_run_with_a_very_long_test_line_is_complete(tmp_path):
    folder = make_run(tmp_path)
    source, *others = ROWS[0]
    rows = [(source + ' "x"' * 50_000, *others), *ROWS[1:]]
    write_translations(folder / runs.TRANSLATIONS, rows)
    run = runs.complete_run(folder)
    assert read_translations(run.folder / runs.TRANSLATIONS) == rows


def test_a_cell_that_never_ends_is_refused(tmp_path):
    write_whole(tmp_path / "table.csv", 'a,b\n1,"2\n3,4\n')
    with pytest.raises(InputError, match=r"table\.csv: unexpected end of data"):
        read_cells(tmp_path / "table.csv")


def test_a_name_that_is_no_text_is_kept(tmp_path):
    """Such as a folder's whose name is not UTF-8."""
    path = write_json(tmp_path / "config.json", {"corpus": "Über\udcff"})
    assert read_object(path) == {"corpus": "Über\udcff"}
    assert "Über".encode() in path.read_bytes()
