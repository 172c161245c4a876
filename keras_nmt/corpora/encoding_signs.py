"""Signs that text was decoded with a wrong encoding, or is not clean."""

import re

SIGNS = {
    "a character U+FFFD, where text could not be decoded": re.compile("\ufffd"),
    "signs of text that was decoded twice, such as Ã¼": re.compile(
        "[\u00c2\u00c3][\u0080-\u00bf]|\u00e2\u20ac.|[\u00d0\u00d1][\u0080-\u00bf]"
    ),
    "control characters": re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]"),
    "a byte order mark": re.compile("\ufeff"),
    "HTML such as &amp; or <br>": re.compile(
        r"&(?:amp|lt|gt|quot|nbsp|#\d+);|<br ?/?>"
    ),
}
"""`{what it is: pattern}`."""

_ANY = re.compile("|".join(pattern.pattern for pattern in SIGNS.values()))


def signs_in(line):
    """The keys of `SIGNS` that a line shows."""
    if not _ANY.search(line):
        return []
    return [kind for kind, pattern in SIGNS.items() if pattern.search(line)]
