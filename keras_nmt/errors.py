"""What a user can mend, told in one line."""

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


def command_line(main):
    """Decorates a `main(argv)`: one line and exit code 2 for an `InputError`.

    With `--debug` among the arguments the traceback comes through. A reader that
    closes the pipe early (`| head`) ends the program in silence, and Ctrl-C ends
    it with one line and the conventional exit code 130.
    """

    @functools.wraps(main)
    def guarded(argv=None):
        argv = sys.argv[1:] if argv is None else argv
        try:
            main(argv)
        except InputError as error:
            if "--debug" in argv:
                raise
            sys.exit(_fail(str(error), 2))
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)
        except KeyboardInterrupt as stop:
            if "--debug" in argv:
                raise
            print(str(stop) or "interrupted", file=sys.stderr)
            sys.exit(getattr(stop, "exit_code", 130))

    return guarded


def _fail(message, code):
    print(f"error: {message}", file=sys.stderr)
    return code
