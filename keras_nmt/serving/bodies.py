"""Reads the fields of a request: from JSON, from forms, and from the address."""

import asyncio
import json
import logging
import urllib.parse

from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from keras_nmt.serving.refusals import Refusal

JSON = "application/json"
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"

# It logs each form that is wrong; the client is told.
logging.getLogger("python_multipart").setLevel(logging.ERROR)

OTHER_FIELDS = 32
"""Fields that a form may have besides its texts."""


async def fields_of(request, limits):
    """The fields of a request, those of its body before those of its address.

    A field that a form holds several times is a list, as `q=one&q=two` is.

    Args:
        request: Starlette's.
        limits: `Limits`.

    Raises:
        Refusal: the body is too large, too slow or not what its type says.
    """
    most = limits.texts + OTHER_FIELDS
    address = _urlencoded(request.scope["query_string"], most, "the address")
    body = await _body(request, limits)
    if not body:
        return address
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == JSON or kind.endswith("+json"):
        return {**address, **_json(body)}
    if kind == URLENCODED:
        return {**address, **_urlencoded(body, most, "the form")}
    if kind == MULTIPART:
        return {**address, **await _multipart(request, body, most)}
    raise Refusal(
        400, f"the body has no known type; set Content-Type to {JSON} or {URLENCODED}"
    )


async def _body(request, limits):
    """The bytes of the body, never more than the limit in memory."""
    too_large = Refusal(413, f"the body is larger than {limits.body} bytes; send less")
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and len(declared) < 20 and int(declared) > limits.body:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(limits.body_seconds):
            async for chunk in request.stream():
                if len(body) + len(chunk) > limits.body:
                    raise too_large
                body += chunk
    except TimeoutError:
        raise Refusal(
            408, f"the body took longer than {limits.body_seconds:g} s"
        ) from None
    except ClientDisconnect:
        raise Refusal(400, "the body is not complete") from None
    return bytes(body)


def _json(body):
    try:
        found = json.loads(body)
    except RecursionError:
        raise Refusal(400, "the body is nested too deeply") from None
    except ValueError as error:  # of syntax, encoding, or a number's length
        reason = " ".join(str(error).split())
        raise Refusal(400, f"the body is not JSON ({reason:.80})") from None
    if not isinstance(found, dict):
        raise Refusal(400, 'the body must be a JSON object, such as {"q": "..."}')
    return found


def _urlencoded(body, most, where):
    try:
        pairs = urllib.parse.parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=most,
        )
    except UnicodeDecodeError:
        raise Refusal(400, f"{where} is not UTF-8") from None
    except ValueError:
        raise Refusal(413, f"{where} has more than {most} fields") from None
    return _grouped(pairs)


async def _multipart(request, body, most):
    async def stream():
        yield body

    parser = MultiPartParser(
        request.headers,
        stream(),
        max_files=0,
        max_fields=most,
        max_part_size=len(body),
    )
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise Refusal(400, f"the form cannot be read ({error.message:.80})") from None
    return _grouped(form.multi_items())


def _grouped(pairs):
    found = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {
        name: values[0] if len(values) == 1 else values
        for name, values in found.items()
    }
