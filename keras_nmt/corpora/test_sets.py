"""Chooses one of the test sets of a corpus."""

import logging

from keras_nmt.corpora.part_names import short_test_name
from keras_nmt.errors import InputError, did_you_mean

PREFERRED = ("test", "test_2016_flickr")
_NAMED = 5
"""Most files that a message names; the others are counted."""

_LOG = logging.getLogger("keras_nmt")


def choose_test(place, there, name=None, *, whole=(), files="files called test*.xx"):
    """The name of the test set: `name`, or the default.

    The default is `test`, then `test_2016_flickr`, then the only one.

    Args:
        place: the folder of the corpus, for messages.
        there: names of test sets.
        name: the one that is asked for, or None; also as its files are called, such as
            `newstest2014` for `test2014`.
        whole: those that have all files; they go before the others.
        files: what to add, for messages.

    Raises:
        InputError: there is none, or there are several and no choice.
    """
    if name is not None and name not in there and short_test_name(name) in there:
        name = short_test_name(name)
    if name is not None and name not in there:
        mend = f"add {files}, or " * (name.startswith("test") and " and " in files)
        raise InputError(
            f"{place}: no test set {name!r}{did_you_mean(name, there)}; "
            f"{mend}choose from {', '.join(there) or 'files called test*.xx'}"
        )
    if not there:
        raise InputError(
            f"{place}: no test set; add {files}, lines that are not in train"
        )
    if name is not None:
        return name
    found = list(whole or there)
    chosen = next((part for part in PREFERRED if part in found), found[0])
    if len(found) > 1 and chosen not in PREFERRED:
        raise InputError(
            f"{place}: several test sets; --test names one of {', '.join(found)}"
        )
    if len(found) > 1:
        others = ", ".join(part for part in found if part != chosen)
        _LOG.warning(
            "%s: the test set is %s; --test chooses another: %s",
            *(place, chosen, others),
        )
    return chosen


def some(names):
    """The first names in a row, and the number of the others."""
    more = len(names) - _NAMED
    shown = ", ".join(names[:_NAMED])
    return f"{shown} and {more} more" if more > 0 else shown
