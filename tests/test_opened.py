"""Compressed files: read by their names, and refused where they are damaged."""

import gzip
import lzma
import sys

import pytest

from keras_nmt.errors import InputError
from keras_nmt.text.lines import read_lines

pytestmark = pytest.mark.backend_free

CONTENT = b"".join(b"line %d\n" % n for n in range(500))
LINES = CONTENT.decode().splitlines()


def compress_zst(content):
    return pytest.importorskip("zstandard").compress(content)


COMPRESS = {"gz": gzip.compress, "xz": lzma.compress, "zst": compress_zst}


@pytest.mark.parametrize("ending", COMPRESS)
def test_a_compressed_file_is_read_whole_or_refused(tmp_path, ending):
    path = tmp_path / f"a.de.{ending}"
    whole = COMPRESS[ending](CONTENT)
    path.write_bytes(whole)
    assert read_lines(path) == LINES
    path.write_bytes(whole + COMPRESS[ending](b"more\n"))
    assert read_lines(path) == [*LINES, "more"]
    for damaged in (whole[:-5], whole[:30], b"plain text"):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match=r"a\.de\.\w+: truncated or not"):
            read_lines(path)
    path.write_bytes(COMPRESS[ending](whole))
    with pytest.raises(InputError, match=rf"compressed twice \({ending}\); unpack it"):
        read_lines(path)
    path = tmp_path / "a.de"
    path.write_bytes(whole)
    with pytest.raises(InputError, match=rf"unpack it, or call it a\.de\.{ending}"):
        read_lines(path)


def test_other_compression_is_to_be_unpacked(tmp_path):
    path = tmp_path / "a.de"
    path.write_bytes(b"PK\x03\x04...")
    with pytest.raises(InputError, match=r"is compressed \(zip\); unpack it$"):
        read_lines(path)


def test_zst_without_its_package_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "zstandard", None)
    path = tmp_path / "a.de.zst"
    path.write_bytes(b"")
    with pytest.raises(InputError, match="pip install zstandard"):
        read_lines(path)
