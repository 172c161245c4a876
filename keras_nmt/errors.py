"""What a user can mend, told in one line."""

import difflib


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
