"""Which languages a run translates between."""

import importlib.util
import re

from keras_nmt.errors import InputError
from keras_nmt.run.runs import Run
from keras_nmt.text.languages import ANY, base

BUILT_IN = {"multi30k": ("de", "en"), "captions": ("de", "en")}
"""Languages of the corpora whose name does not tell them."""

_NAMED = re.compile(r"(?:^|[-_.])([a-z]{2,3})-([a-z]{2,3})$")
# After a hyphen only what is written as a region or a script belongs to a code.
_CODE = r"[A-Za-z]{2,3}(?:_\w+|-(?:[A-Z]{2}|[A-Z][a-z]{3}|[0-9]{3}))?"
_GIVEN = re.compile(rf"({_CODE})-({_CODE})=(.+)")


def split_given(argument):
    """Splits `de-en=FOLDER`, how a user names the languages of a run.

        >>> split_given("de-en=my_run"), split_given("my_run")
        ((('de', 'en'), 'my_run'), (None, 'my_run'))

    Returns:
        The pair of codes, or None where there are none, and the rest.
    """
    found = _GIVEN.fullmatch(argument)
    if found and base(found[1]) and base(found[2]):
        return (found[1], found[2]), found[3]
    return None, argument


def pair_of(folder, translator):
    """The codes of the source and the target language of a run.

    The tokenizers of words know their language. For subwords, the name of the folder or
    of the corpus tells it, such as `multi30k-de-en`.

    Raises:
        InputError: nothing tells them.
    """
    sides = translator.source, translator.target
    pair = tuple(getattr(side.tokenizer, "language", ANY) for side in sides)
    if ANY not in pair:
        return pair
    corpus = Run(folder).corpus
    if corpus in BUILT_IN:
        return BUILT_IN[corpus]
    for name in (folder.resolve().name, str(corpus)):
        found = _NAMED.search(name)
        if found and base(found[1]) and base(found[2]):
            return found.groups()
    raise InputError(
        f"{folder}: does not tell its languages; write them before it, such as "
        f"de-en={folder}"
    )


def usual(code):
    """A code as other programs write it; one that names no language as it is.

    >>> [usual(code) for code in ("fra", "zh_Hans", "pt_BR", "x-y-")]
    ['fr', 'zh-Hans', 'pt-BR', 'x-y-']
    """
    import langcodes

    try:
        return langcodes.standardize_tag(code)
    except langcodes.LanguageTagError:
        return code


def name_of(code):
    """The English name of a language, or its code where names are not installed."""
    if not importlib.util.find_spec("language_data"):
        return code
    import langcodes

    return langcodes.Language.get(code).display_name()
