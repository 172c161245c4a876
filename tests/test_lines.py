"""Reading lines: alignment, encodings, and what a broken file is told."""

import gzip
import io
import logging

import pytest

from keras_nmt.errors import InputError
from keras_nmt.text import lines
from keras_nmt.text.lines import normalize, read_lines, stream_lines

pytestmark = pytest.mark.backend_free


@pytest.fixture
def write(tmp_path):
    def write(content, name="text.de"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize(
    "separator", ["\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\x1c"]
)
def test_a_line_ends_at_newline_only(write, separator):
    path = write(f"Ein{separator}Hund\nJa\n".encode())
    assert read_lines(path) == [f"Ein{separator}Hund", "Ja"]


LITERAL = [
    (b"", []),
    (b"\n", [""]),
    (b"a\nb", ["a", "b"]),
    (b"a\n\nb\n", ["a", "", "b"]),
    (b"a\rb\r\n\r\nc\r", ["a\rb", "", "c\r"]),
    (b"\xef\xbb\xbfa\r\nb\r\n", ["a", "b"]),
    (b"\xef\xbb\xbf", []),
    (b"\xef\xbb\xbf\n", [""]),
    (b"a\x00b\n", ["a\x00b"]),
]


@pytest.mark.parametrize(("content", "expected"), LITERAL)
def test_literal_contents(write, content, expected):
    assert read_lines(write(content)) == expected
    assert read_lines(write(gzip.compress(content), "text.de.gz")) == expected


@pytest.mark.parametrize(
    "content",
    [
        *(content for content, _ in LITERAL),
        b"a\r\r\n\r",
        b"\xef\xbb\xbf\r\n\xef\xbb\xbfa\n",
        "u\u0308\u2028\x0c\u0085b\n\u2028".encode(),
    ],
)
def test_a_stream_gives_the_lines_of_the_file(write, content):
    assert [*stream_lines(io.BytesIO(content), "stdin")] == read_lines(write(content))


@pytest.mark.parametrize("bad", [b"Gr\xfc\xdfe", b"a" * 1_000_001])
def test_a_stream_gives_all_lines_before_the_one_it_refuses(write, bad):
    content = b"a\r\n\n" + bad + b"\nb\n"
    stream, path = stream_lines(io.BytesIO(content), "text.de"), write(content)
    assert [next(stream), next(stream)] == ["a", ""]
    with pytest.raises(InputError, match=r"^text.de, line 3") as of_stream:
        next(stream)
    with pytest.raises(InputError) as of_file:
        read_lines(path)
    assert str(of_file.value) == str(of_stream.value).replace("text.de", str(path), 1)


def test_what_was_mended_or_kept_is_noted_once(write, caplog):
    path = write(b"\xef\xbb\xbfa\r\nb\x00\x01\r\nc\td\r\n")
    with caplog.at_level(logging.WARNING, logger="keras_nmt"):
        read_lines(path)
    assert [record.message for record in caplog.records] == [
        f"{path}: byte order mark removed from line 1",
        f'{path}: "\\r" removed from 3 line ends',
        f"{path}: 2 control characters kept, the first in line 2",
    ]


def test_byte_order_marks_of_files_put_together_are_removed(write, caplog):
    mark = b"\xef\xbb\xbf"
    content = mark + b"a\nb\n" + mark + b"c\n" + mark + b"\nd" + mark + b"e\n"
    path = write(content)
    assert read_lines(path) == ["a", "b", "c", "", "d\ufeffe"]
    assert [*stream_lines(io.BytesIO(content), "stdin")] == read_lines(path)
    assert caplog.messages[:2] == [
        f"{path}: byte order mark removed from line 1, 3, 4",
        f"{path}: 1 control characters kept, the first in line 5",
    ]


def test_clean_text_is_read_in_silence(write, caplog):
    assert read_lines(write("Grüße\tan\u00a0alle\n".encode()))
    assert not caplog.records


def test_composed_and_combining_letters_are_one_word(write):
    path = write("u\u0308ber\n\u00fcber\n".encode())
    assert read_lines(path) == ["\u00fcber", "\u00fcber"]
    assert normalize("\ufb01ne ²") == "\ufb01ne ²"


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"gut\nGr\xfc\xdfe\n", "line 2, column 3: byte 0xfc"),
        ("ü".encode() + b"\xff\n", "line 1, column 3: byte 0xff"),
        (b"\xff\xfea\x00", "line 1, column 1: byte 0xff"),
        (b"a\n\xed\xa0\x80\n", "line 2, column 1: byte 0xed"),
    ],
)
def test_invalid_utf8_is_told_by_line_and_column(write, content, place):
    path = write(content)
    with pytest.raises(InputError) as error:
        read_lines(path)
    assert str(error.value).startswith(f"{path}, {place} is not UTF-8")


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: whole[:-5],
        lambda whole: whole[:20],
        lambda whole: whole[:12] + b"\xff\xff" + whole[14:],
        lambda whole: b"plain text",
    ],
)
def test_damaged_gzip(write, damage):
    whole = gzip.compress(b"".join(b"line %d\n" % n for n in range(200)))
    path = write(damage(whole), "text.de.gz")
    with pytest.raises(InputError, match=r"truncated or not gzip.*fetch") as error:
        read_lines(path)
    assert str(path) in str(error.value)


def test_absent_file_and_folder(tmp_path):
    with pytest.raises(InputError, match=r"absent.de: no such file; check the path"):
        read_lines(tmp_path / "absent.de")
    with pytest.raises(InputError, match="is a folder; name a file in it"):
        read_lines(tmp_path)


@pytest.mark.parametrize("letter", ["a", "\U0001f600"])
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_line_length_is_bounded_exactly(write, monkeypatch, letter, end):
    monkeypatch.setattr(lines, "MAX_LINE_CHARACTERS", 10)
    monkeypatch.setattr(lines, "_MAX_LINE_BYTES", 42)
    longest = letter * 10
    assert read_lines(write(f"b\n{longest}{end}".encode())) == ["b", longest]
    for excess in (1, 50):
        with pytest.raises(InputError, match="line 2: longer than 10 characters"):
            read_lines(write(f"b\n{longest}{letter * excess}{end}".encode()))


def test_the_bound_is_a_million_characters(write):
    with pytest.raises(InputError, match="line 1: longer than 1,000,000 characters"):
        read_lines(write(gzip.compress(b"a" * 5_000_000, 1), "bomb.gz"))
