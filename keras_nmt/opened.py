"""Opens text files, plain or compressed by `.gz`, `.xz` or `.zst`."""

import contextlib
import gzip
import importlib
import io
import lzma
import pathlib
import zlib

from keras_nmt.errors import InputError

COMPRESSED = (".gz", ".xz", ".zst")
"""Endings of the names of compressed files that can be read."""

_BEGINNINGS = {
    b"\x1f\x8b": ".gz",
    b"\xfd7zXZ\x00": ".xz",
    b"\x28\xb5\x2f\xfd": ".zst",
    b"BZh": ".bz2",
    b"PK\x03\x04": ".zip",
}
_CHUNK = 1 << 16


@contextlib.contextmanager
def opened(path):
    """A binary file with the text of `path`, decompressed by the ending of its name.

    Raises:
        InputError: the file is missing, truncated, or compressed in another way.
    """
    path = pathlib.Path(path)
    try:
        with _opener(path)(path) as file:
            _check_beginning(path, file.peek(8))
            yield file
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; check the path") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a folder; name a file in it") from None
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as error:
        kind = {".xz": "xz", ".zst": "zst"}.get(path.suffix, "gzip")
        raise InputError(
            f"{path}: truncated or not {kind} ({error}); fetch the file again"
        ) from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; make it readable") from None


def without_compression(name):
    """A file's name without the ending of its compression."""
    for ending in COMPRESSED:
        name = name.removesuffix(ending)
    return name


def _opener(path):
    if path.suffix == ".gz":
        return gzip.open
    if path.suffix == ".xz":
        return lzma.open
    if path.suffix == ".zst":
        return _open_zst
    return lambda path: open(path, "rb")


def _check_beginning(path, content):
    for beginning, ending in _BEGINNINGS.items():
        if content.startswith(beginning):
            again = " twice" if path.suffix == ending else ""
            mend = "unpack it"
            if not again and ending in COMPRESSED and path.suffix not in COMPRESSED:
                mend += f", or call it {path.name}{ending}"
            raise InputError(f"{path}: is compressed{again} ({ending[1:]}); {mend}")


def _open_zst(path):
    try:
        zstandard = importlib.import_module("zstandard")
    except ImportError:
        raise InputError(
            f"{path}: reading .zst takes the package zstandard; get it with: pip "
            "install zstandard (or with the extra keras_nmt[zst]), or unpack the file "
            "with: unzstd"
        ) from None
    return io.BufferedReader(_ZstReader(path, zstandard))


class _ZstReader(io.RawIOBase):
    """The decompressed bytes of a `.zst` file.

    The reader of the package ends in silence where a file is truncated.
    """

    def __init__(self, path, zstandard):
        self._new_frame = zstandard.ZstdDecompressor().decompressobj
        self._error = zstandard.ZstdError
        self._file = io.FileIO(path)
        self._frame, self._waiting = None, b""

    def readable(self):
        return True

    def readinto(self, buffer):
        while not self._waiting:
            ended = self._frame is None or self._frame.eof
            rest = self._frame.unused_data if self._frame and ended else b""
            content = rest or self._file.read(_CHUNK)
            if not content and ended:
                return 0
            if not content:
                raise EOFError("the last frame is not complete")
            if ended:
                self._frame = self._new_frame()
            try:
                self._waiting = self._frame.decompress(content)
            except self._error as error:
                raise EOFError(str(error)) from None
        count = min(len(buffer), len(self._waiting))
        buffer[:count], self._waiting = self._waiting[:count], self._waiting[count:]
        return count

    def close(self):
        self._file.close()
        super().close()
