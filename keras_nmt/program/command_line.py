"""Command lines: options in full, and faults in one line."""

import argparse
import contextlib
import functools
import os
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
    """Tells a wrong option in one line, which names the nearest that there is.

    `argparse` prints the usage of all options before it. It also takes the beginning
    of an option for the whole, so that a command changes its meaning when an option
    is added; here a name is written in full.

    An option that takes one value is given once, as the last would win in silence.

    Args:
        description: of which the first paragraph is shown: a module's docstring.
    """

    def __init__(self, description=None, **options):
        self.names, self.given = [], set()
        # Under PYTHONOPTIMIZE=2 a module has no docstring to describe it.
        first, *_ = (description or "").split("\n\n")
        super().__init__(description=first, **options, allow_abbrev=False)
        for name in (None, "store"):
            self.register("action", name, _Once)

    def add_argument(self, *names, **options):
        self.names += names
        return super().add_argument(*names, **options)

    def parse_known_args(self, args=None, namespace=None):
        self.given.clear()
        namespace, unknown = super().parse_known_args(args, namespace)
        if unknown:
            name = unknown[0].partition("=")[0]
            hint = did_you_mean(name, self.names)
            self.error(f"unknown option {name}{hint}")
        return namespace, unknown

    def error(self, message):
        message = " ".join(message.split())
        raise InputError(f"{message}; see {self.prog} --help")


def command_line(main=None, *, results_in_files=False):
    """Decorates a `main(argv)`: one line and exit code 2 for an `InputError`.

    So is a disk that is full or a place that may not be read or written, whoever
    meets it. With `--debug` among the arguments the traceback comes through. A reader
    that closes the pipe early (`| head`) ends the program in silence, and Ctrl-C ends
    it with one line and the conventional exit code 130. A standard output that is
    closed from the beginning is such an error.

    Args:
        results_in_files: what the program prints is a report on the way; it goes on
            without a standard output, and when the pipe's reader leaves.
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
    """Tells an `InputError` or `OSError` in one line on stderr; gives the exit code."""
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
    """A backend takes seconds to end in good order, and there is nothing to end."""
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    os._exit(code)


def _say(message):
    """The last word. Whoever cannot read it gets the exit code all the same."""
    line = message.replace("\n", "\\n")  # a folder's name may hold one
    with contextlib.suppress(OSError, ValueError):
        print(line, file=sys.stderr, flush=True)
