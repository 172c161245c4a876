"""Words by which the first row of a table is known as a header."""

import re

from keras_nmt.text.languages import base, has_rules

SIDES = {
    **dict.fromkeys(("source", "src"), "source"),
    **dict.fromkeys(("target", "tgt", "trg", "translation"), "target"),
}
"""Words that say which side a column is."""

NOUNS = {"text", "texts", "sentence", "sentences", "word", "words", "segment", "line"}
"""Words that may stand beside them, or beside a language."""

LANGUAGES = {
    "arabic": "ar",
    "bulgarian": "bg",
    "catalan": "ca",
    "chinese": "zh",
    "croatian": "hr",
    "czech": "cs",
    "danish": "da",
    "dutch": "nl",
    "english": "en",
    "englisch": "en",
    "estonian": "et",
    "finnish": "fi",
    "french": "fr",
    "german": "de",
    "deutsch": "de",
    "greek": "el",
    "hebrew": "he",
    "hindi": "hi",
    "hungarian": "hu",
    "indonesian": "id",
    "italian": "it",
    "japanese": "ja",
    "korean": "ko",
    "latvian": "lv",
    "lithuanian": "lt",
    "norwegian": "no",
    "persian": "fa",
    "polish": "pl",
    "portuguese": "pt",
    "romanian": "ro",
    "russian": "ru",
    "serbian": "sr",
    "slovak": "sk",
    "slovenian": "sl",
    "spanish": "es",
    "swahili": "sw",
    "swedish": "sv",
    "thai": "th",
    "turkish": "tr",
    "ukrainian": "uk",
    "urdu": "ur",
    "vietnamese": "vi",
}
"""Names of languages as headers write them."""

LONGEST = 40
"""Characters of a column's name."""


def meaning(cell):
    """The side ("source", "target") or the language of a column by its name.

    >>> [meaning(x) for x in ("de", "text_en", "French words", "src", "A dog.")]
    [('language', 'de'), ('language', 'en'), ('language', 'fr'), ('side', 'source'),
     None]

    Returns:
        `("side", "source" or "target")`, `("language", code)`, or None: it is text.
    """
    cell = cell.strip()
    if len(cell) > LONGEST or cell.endswith((".", "!", "?")):
        return None
    if _is_code(cell):
        return "language", cell
    words = [word.lower() for word in re.split(r"[\W_]+", cell) if word]
    rest = [word for word in words if word not in NOUNS]
    if len(rest) != 1:
        return None
    (word,) = rest
    if word in SIDES:
        return "side", SIDES[word]
    if word in LANGUAGES:
        return "language", LANGUAGES[word]
    if len(words) > 1 and _is_code(word):
        return "language", word
    return None


def _is_code(word):
    """Whether a word is the code of a language that is often met.

    Too many short words are the code of some language: "yes" is.
    """
    main, *_ = re.split("[-_]", word)
    if word.lower() == "id":  # of the row, and not Indonesian
        return False
    if not (main.islower() or main.isupper()) or base(word) is None:
        return False
    return has_rules(base(word)) or base(word) in LANGUAGES.values()
