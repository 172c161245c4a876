"""What a user can mend, told in one line."""

import argparse
import contextlib
import difflib
import functools
import os
import sys


class InputError(ValueError):
    """A fault in what the user gave: a file, a line, an option, a key.

    The message names the thing and the mend. Command lines print it as one line
    on stderr and exit with code 2; a library user catches it as a `ValueError`.
    """


class Interrupted(KeyboardInterrupt):
    """A signal asked the program to stop, and it did so in good order.

    Args:
        message: one line on where it stopped and how to go on.
        exit_code: 128 + the signal's number, as shells have it.
    """

    def __init__(self, message, exit_code):
        super().__init__(message)
        self.exit_code = exit_code


def did_you_mean(word, words):
    """`, did you mean rnn?` for the nearest of the words; "" if none is near."""
    near = difflib.get_close_matches(word, words, 1)
    return f", did you mean {near[0]}?" if near else ""


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
    """

    def __init__(self, **options):
        self.names, self.given = [], set()
        super().__init__(**options, allow_abbrev=False)
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


def command_line(main):
    """Decorates a `main(argv)`: one line and exit code 2 for an `InputError`.

    So is a disk that is full or a place that may not be read or written, whoever
    meets it. With `--debug` among the arguments the traceback comes through. A reader
    that closes the pipe early (`| head`) ends the program in silence, and Ctrl-C ends
    it with one line and the conventional exit code 130.
    """

    @functools.wraps(main)
    def guarded(argv=None):
        is_program = argv is None
        argv = sys.argv[1:] if is_program else argv
        try:
            main(argv)
            sys.stdout.flush()
        except InputError as error:
            if "--debug" in argv:
                raise
            sys.exit(_fail(str(error), 2))
        except BrokenPipeError:
            _drop_stdout()
            sys.exit(0)
        except OSError as error:
            if "--debug" in argv:
                raise
            where = error.filename or "cannot read or write"
            if is_program:
                _drop_stdout()
            sys.exit(_fail(f"{where}: {error.strerror or error}", 2))
        except KeyboardInterrupt as stop:
            if "--debug" in argv:
                raise
            print(str(stop) or "interrupted", file=sys.stderr)
            code = getattr(stop, "exit_code", 130)
            if is_program:
                _leave_at_once(code)
            sys.exit(code)

    return guarded


def _leave_at_once(code):
    """A backend takes seconds to end in good order, and there is nothing to end."""
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _drop_stdout():
    """Python would try once more, at its end, to write what could not be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(message, code):
    print(f"error: {message}", file=sys.stderr)
    return code
