"""Standard streams that are closed, narrow, or no files: a line, or it works."""

import errno
import io
import os
import subprocess
import sys

import pytest

from keras_nmt import __main__ as command
from keras_nmt.commands import searching
from keras_nmt.program import streams
from keras_nmt.program.command_line import OptionParser, command_line
from keras_nmt.program.stdin import own_stdin
from tests.test_environment import ROOT
from tests.test_main import ECHO, Echo

pytestmark = pytest.mark.backend_free

SAY = """
import os, sys
from keras_nmt.program.command_line import command_line
from keras_nmt.errors import InputError

@command_line(results_in_files=sys.argv[1] == "files")
def main(argv):
    with open(os.devnull) as file:
        assert file.fileno() > 2, "a closed stream's number was given to a file"
    print(argv[1])
    if argv[2:]:
        raise InputError(argv[2])

main()
"""
NO_STDIN = "stdin is closed; give it the lines: < FILE, or a pipe"
NO_STDOUT = "stdout is closed; send it to a file or a pipe"
NAME = "Über文\udcff"


def run(redirection, program, *arguments, **environment):
    """Exit code, output and errors of a program without Keras."""
    shell = "/bin/sh", "-c", f'exec "$@" {redirection}', "sh"
    done = subprocess.run(
        [*shell, sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        env=environment,
        input=b"Ja.\n",
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout.decode("latin-1"), done.stderr.decode()


@pytest.mark.parametrize(
    ("redirection", "expected"),
    [
        ("<&-", (2, "", f"error: {NO_STDIN}\n")),
        (">&-", (2, "", f"error: {NO_STDOUT}\n")),
        ("2>&-", (0, "Ja.\n", "")),
        ("<&- >&- 2>&-", (2, "", "")),
    ],
)
def test_translating_without_a_stream(redirection, expected):
    assert run(redirection, ECHO, "translate", "run") == expected


def test_a_program_whose_results_are_files_needs_no_stream():
    assert run("<&- >&- 2>&-", SAY, "files", "text") == (0, "", "")
    assert run(">&-", SAY, "files", "a", "wrong") == (2, "", "error: wrong\n")
    assert run("2>&-", SAY, "files", "a", "wrong") == (2, "a\n", "")
    assert run(">&-", SAY, "stdout", "text")[0] == 2


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252:surrogateescape"])
def test_what_an_encoding_cannot_say_is_escaped(encoding):
    code, out, told = run(
        "2>&1", SAY, "files", os.fsencode(NAME), "wrong", PYTHONIOENCODING=encoding
    )
    assert (code, told) == (2, "")
    assert "ber\\u6587\\udcff\n" in out
    assert "error: wrong\n" in out


def test_without_docstrings_every_parser_is_made():
    home = "keras_nmt.program.command_line"
    code = f"from {home} import OptionParser as P; P(description=__doc__)"
    command = [sys.executable, "-OO", "-c", f"__doc__ = None; {code}.parse_args()"]
    assert subprocess.run([*command, "--help"], cwd=ROOT, check=False).returncode == 0
    shown = OptionParser(description="The first.\n\nThe second.").format_help()
    assert "The first." in shown
    assert "second" not in shown


class Pipe(io.StringIO):
    """A pipe whose reader leaves after the first line."""

    encoding, errors = "utf-8", "strict"
    left = OSError(errno.EPIPE, "Broken pipe")

    def write(self, text):
        if "\n" in self.getvalue():
            raise self.left
        return super().write(text)


def test_a_reader_that_leaves_does_not_end_what_writes_files(monkeypatch):
    pipe = Pipe()
    monkeypatch.setattr(sys, "stdout", pipe)
    with streams.usable(results_in_files=True):
        for _ in range(3):
            print("epoch", flush=True)
    assert sys.stdout is pipe
    assert pipe.getvalue() == "epoch\n"
    pipe.left = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(OSError, match="No space"), streams.usable(True):
        print("epoch")


# === Called from Python ===


class Bare:
    """What some notebooks and servers put in the place of a stream."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text

    def flush(self):
        pass


@pytest.mark.parametrize("kind", [io.StringIO, Bare])
def test_main_works_with_streams_that_are_no_files(kind, monkeypatch):
    out = kind()
    monkeypatch.setattr(sys, "stdin", io.StringIO("Ja.\nÜber文"))
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", kind())
    monkeypatch.setattr(searching, "load", lambda options: (Echo(), None))
    command.main(["translate", "run"])
    assert getattr(out, "text", None) or out.getvalue() == "Ja.\nÜber文\n"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("to_file", [False, True])
def test_at_a_terminal_it_says_what_it_waits_for(
    to_file, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(sys, "stdin", Terminal("Ja.\n"))
    monkeypatch.setattr(searching, "load", lambda options: (Echo(), None))
    out = tmp_path / "out"
    command.main(["translate", "run", *["--out", str(out)] * to_file])
    said = capsys.readouterr()
    assert said.err == "a sentence a line; Ctrl-D ends\n"
    assert (out.read_text() if to_file else said.out) == "Ja.\n"


def test_a_stream_comes_back_as_it_was(monkeypatch):
    narrow = io.TextIOWrapper(io.BytesIO(), "latin-1")
    monkeypatch.setattr(sys, "stdout", narrow)
    monkeypatch.setattr(sys, "stderr", None)

    @command_line
    def main(argv):
        print("文", file=sys.stderr)
        print("文")
        streams.write_utf8(sys.stdout)
        print("文")

    main([])
    assert narrow.buffer.getvalue() == b"\\u6587\n\xe6\x96\x87\n"
    assert (narrow.encoding, narrow.errors) == ("latin-1", "strict")
    assert sys.stderr is None


def test_nothing_is_a_terminal_but_a_terminal():
    closed = io.StringIO()
    closed.close()
    assert not any(map(streams.is_terminal, (None, Bare(), io.StringIO(), closed)))


def test_text_that_is_no_file_is_read_as_bytes(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("Ü\n"))
    assert own_stdin().readline() == "Ü\n".encode()
