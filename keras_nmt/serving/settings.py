"""Limits of the server, which bound its memory and its time."""

import dataclasses

BYTES_PER_CHARACTER = 12
"""Most bytes of a character in a body: `\\ud83d\\ude00` in JSON, `%F0%9F%98%80` in a
form."""

FIELDS = 1 << 16
"""Bytes of a body for everything but its text."""


@dataclasses.dataclass(frozen=True)
class Limits:
    """What the server accepts.

    Args:
        characters: most characters of a request, all its texts together.
        texts: most texts of a request.
        waiting: most requests that wait for a translation; more are refused (429).
        seconds: a request that takes longer is refused (503).
        body_seconds: a body that arrives more slowly is refused (408).
        batch_size: most sentences of a batch.
    """

    characters: int = 50_000
    texts: int = 1_000
    waiting: int = 128
    seconds: float = 60.0
    body_seconds: float = 10.0
    batch_size: int = 128

    @property
    def body(self):
        """Most bytes of a request's body."""
        return BYTES_PER_CHARACTER * self.characters + FIELDS

    @property
    def in_progress(self):
        """Most requests at once, those that are still arriving included."""
        return 2 * self.waiting + 32
