"""Command lines: options are written in full, errors are one line."""

import argparse
import contextlib
import functools
import os
import re
import sys

from keras_nmt.errors import InputError, did_you_mean
from keras_nmt.program import streams


class _Once(argparse.Action):
    def __call__(self, parser, namespace, values, option_string=None):
        if option_string and self.dest in parser.given:
            parser.error(f"{option_string} is given twice; give it once")
        parser.given.add(self.dest)
        setattr(namespace, self.dest, values)


class OptionParser(argparse.ArgumentParser):
    """An argument parser that reports a wrong option in one line, with a suggestion.

    `argparse` prints the whole usage before an error. It also accepts abbreviated
    options, whose meaning may change when an option is added; here options must be
    written in full. An option that is given twice is an error, because `argparse`
    silently takes the last value.

    Args:
        description: a module's docstring, of which the first paragraph is shown.
    """

    def __init__(self, description=None, **options):
        self.names, self.given = [], set()
        # Under PYTHONOPTIMIZE=2 modules have no docstrings.
        first, *_ = (description or "").split("\n\n")
        super().__init__(description=first, **options, allow_abbrev=False)
        for name in (None, "store"):
            self.register("action", name, _Once)

    def add_argument(self, *names, **options):
        self.names += names
        return super().add_argument(*names, **options)

    def parse_known_args(self, args=None, namespace=None):
        self.given.clear()
        for word in sys.argv[1:] if args is None else args:
            if word == "" or re.fullmatch(r"--[\w-]+=", word):
                # Path("") would be the current folder.
                self.error("a value is empty; is a variable of your shell not set?")
        namespace, unknown = super().parse_known_args(args, namespace)
        if unknown:
            name = unknown[0].partition("=")[0]
            if not name.startswith("-"):
                self.error(f"unexpected argument {unknown[0]}")
            hint = did_you_mean(name, self.names)
            self.error(f"unknown option {name}{hint}")
        return namespace, unknown

    def error(self, message):
        message = " ".join(message.split())
        raise InputError(f"{message}; see {self.prog} --help")


def command_line(main=None, *, results_in_files=False):
    """Decorates a `main(argv)` so that errors print one line instead of a traceback.

    - `InputError`, `OSError` (a full disk, a missing permission) and a closed standard
      output: one line on stderr, exit code 2. `--debug` shows the traceback.
    - Ctrl-C: one line on stderr, exit code 130.
    - A reader that closes the pipe early (`| head`): no message, exit code 0.

    Args:
        results_in_files: whether the program writes its results to files. It then
            continues without a standard output, and when the reader closes the pipe.
    """
    if main is None:
        return functools.partial(command_line, results_in_files=results_in_files)

    @functools.wraps(main)
    def guarded(argv=None):
        is_program = argv is None
        argv = sys.argv[1:] if is_program else argv
        if is_program:
            streams.reopen_closed()
        is_readable = results_in_files or not streams.is_closed(sys.stdout)
        with streams.usable(is_program and results_in_files):
            try:
                if not is_readable:
                    raise InputError("stdout is closed; send it to a file or a pipe")
                _run(main, argv)
            except InputError as error:
                if "--debug" in argv:
                    raise
                sys.exit(fail(error))
            except BrokenPipeError:
                if is_program:
                    streams.drop(sys.stdout)
                sys.exit(0)
            except OSError as error:
                if "--debug" in argv:
                    raise
                if is_program:
                    streams.drop(sys.stdout)
                sys.exit(fail(error))
            except KeyboardInterrupt as stop:
                if "--debug" in argv:
                    raise
                _say(str(stop) or "interrupted")
                code = getattr(stop, "exit_code", 130)
                if is_program:
                    _leave_at_once(code)
                sys.exit(code)

    return guarded


def fail(error):
    """Prints an `InputError` or `OSError` as one line on stderr; returns 2."""
    message = str(error)
    if isinstance(error, OSError):
        where = error.filename or "cannot read or write"
        message = f"{where}: {error.strerror or error}"
    _say(f"error: {message}")
    return 2


def _run(main, argv):
    try:
        main(argv)
    except SystemExit:  # of --help
        sys.stdout.flush()
        raise
    sys.stdout.flush()


def _leave_at_once(code):
    """Exits without the backend's cleanup, which takes seconds and is not needed."""
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    os._exit(code)


def _say(message):
    """Prints a last line on stderr; if that fails, the exit code has to do."""
    line = message.replace("\n", "\\n")  # a folder's name may hold one
    with contextlib.suppress(OSError, ValueError):
        print(line, file=sys.stderr, flush=True)
