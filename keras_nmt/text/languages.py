"""Languages that spaCy can tokenize. Importing this module does not import spaCy."""

import importlib.util
import re

from keras_nmt.errors import InputError
from keras_nmt.spacy_alone import import_spacy


def has_rules(language):
    """Whether spaCy has rules for a language, even if they need a missing package.

    >>> has_rules("ja"), has_rules("fra"), has_rules("json")
    (True, True, False)
    """
    code = import_spacy().util.find_matching_language(language) or language
    # `spacy.lang` also contains modules that are no language, such as `punctuation`.
    found = code.isidentifier() and importlib.util.find_spec(f"spacy.lang.{code}")
    return bool(found and found.submodule_search_locations)


def spacy_rules(language):
    """spaCy's tokenizer of a language.

    Raises:
        InputError: spaCy has no rules for it, or they need a missing package.
    """
    spacy = import_spacy()
    if not has_rules(language):
        code = re.split("[-_]", language)[0].lower()
        hint = f", did you mean {code}?" if has_rules(code) else ""
        raise InputError(
            f"language {language!r}: spaCy cannot tokenize it{hint}; let the files end "
            'in the code of one of its languages, or in "xx" for rules that fit any'
        )
    try:
        return spacy.blank(language).tokenizer
    except ImportError as error:
        # The rules need a package; spaCy's message says which.
        advice = " ".join(str(error).split())
        raise InputError(f"language {language!r}: {advice}") from None
