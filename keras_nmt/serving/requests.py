"""Checks the fields of a request."""

import dataclasses
import re

from keras_nmt.serving.refusals import Refusal

FORMATS = ("text", "html")

TRUE = (True, "true", "1", 1)

_NUMBER = re.compile("-?[0-9]{1,9}")


@dataclasses.dataclass(frozen=True)
class TranslationRequest:
    """What `/translate` was asked for, checked.

    `texts` holds one text if `is_list` is false.
    """

    texts: list[str]
    is_list: bool
    source: str
    target: str
    is_html: bool = False
    alternatives: int = 0
    scores: bool = False


def translation_request(fields, limits):
    """The fields of `/translate`, checked.

    Raises:
        Refusal: a field is missing or wrong, or the text is too long.
    """
    texts, is_list = texts_of(fields, limits)
    kind = fields.get("format") or "text"
    if kind not in FORMATS:
        raise Refusal(400, "format must be text or html")
    return TranslationRequest(
        texts,
        is_list,
        _code(fields, "source"),
        _code(fields, "target"),
        kind == "html",
        _count(fields.get("alternatives")),
        fields.get("scores") in TRUE,
    )


def texts_of(fields, limits):
    """The texts of `q`, and whether they came as a list.

    Raises:
        Refusal: there are none, or too many, or they are too long.
    """
    found = fields.get("q")
    if found is None:
        raise Refusal(400, "q is missing; it holds the text")
    is_list = isinstance(found, list)
    texts = found if is_list else [found]
    if not all(isinstance(text, str) for text in texts):
        raise Refusal(400, "q must be a string or a list of strings")
    if len(texts) > limits.texts:
        raise Refusal(413, f"q has {len(texts)} texts; send at most {limits.texts}")
    count = sum(map(len, texts))
    if count > limits.characters:
        raise Refusal(
            413, f"q has {count} characters; send at most {limits.characters}"
        )
    for text in texts:
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            code = ord(text[error.start])
            raise Refusal(
                400, f"q holds the surrogate U+{code:04X}, which is no character"
            ) from None
    return texts, is_list


def _code(fields, name):
    code = fields.get(name)
    if not code:
        raise Refusal(400, f"{name} is missing; it holds the code of a language")
    if not isinstance(code, str):
        raise Refusal(400, f"{name} must be the code of a language")
    return code.strip()


def _count(value):
    """A number of things, none if it is negative; clients may write 2 as 2.0."""
    if value in (None, ""):
        return 0
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = int(value)
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if isinstance(value, bool) or not whole:
        raise Refusal(400, "alternatives must be a whole number")
    return max(int(value), 0)
