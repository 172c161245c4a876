"""Errors that a user can mend; their message is one line."""

import difflib


class InputError(ValueError):
    """Something is wrong with the user's input: a file, a line, an option, a key.

    The message names it and says how to mend it. Command lines print one line on
    stderr and exit with code 2; library users can catch it as a `ValueError`.
    """


class Interrupted(KeyboardInterrupt):
    """A signal asked the program to stop, and its state was saved.

    Args:
        message: one line that says where it stopped and how to continue.
        exit_code: 128 + the signal's number, as in shells.
    """

    def __init__(self, message, exit_code):
        super().__init__(message)
        self.exit_code = exit_code


def did_you_mean(word, words):
    """`, did you mean rnn?` for the most similar word; "" if none is similar."""
    near = difflib.get_close_matches(word, words, 1)
    return f", did you mean {near[0]}?" if near else ""
