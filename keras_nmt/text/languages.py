"""Languages by any usual code, and the rules that spaCy has for them.

spaCy and langcodes are imported where they are first needed.
"""

import functools
import importlib.util
import pkgutil
import re

from keras_nmt.errors import InputError
from keras_nmt.spacy_alone import import_spacy

ANY = "xx"
"""spaCy's code of the rules that fit any language."""

NEAR = 9
"""The largest distance (langcodes) of a language whose rules fit, such as Norwegian and
Norwegian Bokmål, or Chinese and Mandarin."""


def has_rules(language):
    """Whether a code is one of spaCy's own; its rules may need a missing package.

    >>> has_rules("ja"), has_rules("fra"), has_rules("json")
    (True, True, False)
    """
    code = import_spacy().util.find_matching_language(language) or language
    # `spacy.lang` also contains modules that are no language, such as `punctuation`.
    found = code.isidentifier() and importlib.util.find_spec(f"spacy.lang.{code}")
    return bool(found and found.submodule_search_locations)


@functools.lru_cache(maxsize=256)
def base(code):
    """The language of a code in any usual form; None if it names no language.

    >>> [base(code) for code in ("deu", "ger", "de-DE", "DE", "zh_Hans", "json")]
    ['de', 'de', 'de', 'de', 'zh', None]
    """
    import langcodes

    try:
        language = langcodes.Language.get(code)
        return language.language if language.is_valid() else None
    except langcodes.LanguageTagError:
        return None


def same(first, second):
    """Whether two codes name the same language, whatever their region and script."""
    return first == second or (base(first) is not None and base(first) == base(second))


@functools.lru_cache(maxsize=256)
def spacy_code(code):
    """The code of the spaCy language for a code in any usual form; None if none fits.

    >>> [spacy_code(code) for code in ("pt_BR", "zh-CN", "no", "ger", "src")]
    ['pt', 'zh', 'nb', 'de', None]
    """
    if has_rules(code):
        return import_spacy().util.find_matching_language(code) or code
    if base(code) is None:
        return None
    import langcodes

    return langcodes.closest_supported_match(code, _spacy_codes(), max_distance=NEAR)


@functools.cache
def _spacy_codes():
    import_spacy()
    folders = importlib.import_module("spacy.lang").__path__
    return [m.name for m in pkgutil.iter_modules(folders) if m.ispkg and m.name != ANY]


def spacy_rules(language):
    """spaCy's tokenizer of a language, by its code in any usual form.

    Raises:
        InputError: spaCy has no rules for it, or they need a missing package.
    """
    code = spacy_code(language)
    if code is None:
        raise InputError(
            f"language {language!r}: spaCy cannot tokenize it; let the files end in "
            f'the code of one of its languages, or in "{ANY}" for rules that fit any'
        )
    try:
        return import_spacy().blank(code).tokenizer
    except ImportError as error:
        # The rules need a package; spaCy's message says which.
        advice = " ".join(str(error).split())
        raise InputError(f"language {language!r}: {advice}") from None


def usable_rules(language):
    """The code of rules that cut a language here, and why they are `ANY`, or "".

    A run keeps this code, so that its text is cut alike on a machine with other
    packages.

        >>> usable_rules("pt_BR"), usable_rules("src")
        (('pt', ''), ('xx', 'spaCy has no rules for it'))
    """
    code = spacy_code(language)
    if code is None:
        return ANY, "spaCy has no rules for it"
    try:
        import_spacy().blank(code)
    except ImportError as error:
        return ANY, f"its rules need what is not installed: {_advice(error)}"
    return code, ""


def _advice(error):
    """The first sentence of spaCy's message, without addresses."""
    text = re.sub(r"\s*\(https?://[^)]*\)", "", " ".join(str(error).split()))
    return text.split(". ")[0].removesuffix(".")
