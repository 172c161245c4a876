"""The OpenAPI description of the server's interface."""

from keras_nmt import __version__

_TEXTS = {
    "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
    "description": "The text, or a list of texts.",
}
_ERROR = {"type": "object", "properties": {"error": {"type": "string"}}}
_LANGUAGE = {
    "type": "object",
    "properties": {"code": {"type": "string"}, "name": {"type": "string"}},
}
_DETECTED = {
    "type": "object",
    "properties": {"language": {"type": "string"}, "confidence": {"type": "number"}},
}
_NUMBERS = {"type": "array", "items": {"type": "number"}}
_SCORES = {
    "type": "array",
    "items": {"type": ["number", "null"]},
    "description": "Null where the search scores nothing, and for a text that stays.",
}
_STRINGS = {"type": "array", "items": {"type": "string"}}

_STATUSES = {
    "400": "The request is wrong; `error` says what.",
    "408": "The body arrived too slowly.",
    "413": "The text or the body is too large.",
    "429": "Too many requests wait; try again after `Retry-After` seconds.",
    "500": "The text could not be translated.",
    "503": "The server is busy or did not answer in time.",
}


def description():
    """The whole description, as JSON."""
    asked = {
        "q": _TEXTS,
        "source": {"type": "string", "description": "A language's code, or auto."},
        "target": {"type": "string", "description": "A language's code."},
        "format": {"type": "string", "enum": ["text", "html"], "default": "text"},
        "alternatives": {"type": "integer", "minimum": 0, "default": 0},
        "scores": {
            "type": "boolean",
            "default": False,
            "description": "Whether the answer also holds the scores.",
        },
        "api_key": {"type": "string", "description": "Is ignored."},
    }
    translation = {
        "translatedText": _TEXTS,
        "detectedLanguage": _or_list(_DETECTED),
        "alternatives": _or_list(_STRINGS),
        "scores": _or_list(_SCORES),
    }
    sentence = {
        "source": _STRINGS,
        "target": _STRINGS,
        "weights": {"type": "array", "items": _NUMBERS},
    }
    where = {name: asked[name] for name in ("q", "source", "target")}
    language = {**_LANGUAGE["properties"], "targets": _STRINGS}
    languages = {"type": "array", "items": _object(language)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "keras-nmt serve",
            "version": __version__,
            "description": "The LibreTranslate API, served by systems of keras_nmt.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": {
            "/translate": _post("Translate text", asked, list(where), translation),
            "/detect": _post(
                "Detect the language of a text",
                {"q": _TEXTS},
                ["q"],
                {"type": "array", "items": _DETECTED},
            ),
            "/attention": _post(
                "Where the system looked for each word",
                where,
                list(where),
                {"sentences": {"type": "array", "items": _object(sentence)}},
            ),
            "/suggest": _switched_off("Suggest a better translation"),
            "/translate_file": _switched_off("Translate a file"),
            "/languages": {
                **_answering("get", "The languages", languages),
                **_answering("post", "The same, for clients that ask so", languages),
            },
            "/models": _get("The systems", {"type": "array", "items": _object({})}),
            "/frontend/settings": _get("Limits and defaults", _object({})),
            "/health": _get("Whether it works", _object({"status": _STRINGS["items"]})),
            "/metrics": {
                "get": {
                    "summary": "Counters, in the text format of Prometheus",
                    "responses": {"200": {"description": "Counters"}},
                }
            },
        },
    }


def _object(properties):
    return {"type": "object", "properties": properties}


def _or_list(schema):
    # An empty list is both.
    return {"anyOf": [schema, {"type": "array", "items": schema}]}


def _get(summary, schema):
    return _answering("get", summary, schema)


def _answering(method, summary, schema):
    return {method: {"summary": summary, "responses": {"200": _json(summary, schema)}}}


def _post(summary, properties, required, answer):
    body = {**_object(properties), "required": required}
    schema = answer if "type" in answer else _object(answer)
    kinds = ("application/json", "application/x-www-form-urlencoded")
    return {
        "post": {
            "summary": summary,
            "requestBody": {
                "required": True,
                "content": {
                    kind: {"schema": body} for kind in (*kinds, "multipart/form-data")
                },
            },
            "responses": {
                "200": _json(summary, schema),
                **{code: _json(text, _ERROR) for code, text in _STATUSES.items()},
            },
        }
    }


def _switched_off(summary):
    answer = _json("This server does not offer it.", _ERROR)
    return {"post": {"summary": summary, "responses": {"403": answer}}}


def _json(text, schema):
    return {"description": text, "content": {"application/json": {"schema": schema}}}
