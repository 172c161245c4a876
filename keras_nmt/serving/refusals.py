"""Errors that the server answers a request with."""

import math

ANY_ORIGIN = {"Access-Control-Allow-Origin": "*"}
"""Header of answers outside the middleware; without it a browser hides the answer from
a page of another origin."""


class Refusal(Exception):
    """A request that is not answered with a translation.

    The client gets `{"error": message}`.

    Args:
        status: of HTTP; 400 for a wrong request, 413 for one that is too large, 429
            and 503 for one that may succeed later.
        message: one line that names what is wrong and how to mend it.
        retry_after: seconds after which to try again, if that helps.
    """

    def __init__(self, status, message, retry_after=None):
        super().__init__(message)
        self.status = status
        self.message = message
        self.retry_after = retry_after

    @property
    def headers(self):
        if self.retry_after is None:
            return {}
        return {"Retry-After": str(math.ceil(self.retry_after))}
