"""The scripts of a text, and whether it has spaces between its words."""

import collections
import functools
import itertools
import re
import unicodedata

from keras_nmt.text.languages import base

SAMPLE = 1000
"""Lines that are looked at."""

_LETTER = re.compile(r"[^\W\d_]")
# Tibetan, Thai, Lao, Burmese, Khmer, Japanese, Chinese.
_WITHOUT_SPACES = re.compile(
    "[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]"
)


def lacks_spaces(lines):
    """Whether most letters of the first lines belong to scripts without spaces.

    >>> lacks_spaces(["犬が走る。"]), lacks_spaces(["Ein Hund."])
    (True, False)
    """
    sample = "".join(itertools.islice(lines, SAMPLE))
    return 2 * len(_WITHOUT_SPACES.findall(sample)) > len(_LETTER.findall(sample))


def script_of(line):
    """The script of most letters of a line, such as "LATIN"; None without letters.

    Han, Hiragana and Katakana are one, "CJK", since Japanese mixes them.
    """
    if line.isascii():  # most text, in a tenth of the time
        return "LATIN" if any(map(str.isalpha, line)) else None
    counts = collections.Counter()
    for letter, count in collections.Counter(line).items():
        if letter.isalpha():
            counts[_script(letter)] += count
    return max(counts, key=counts.get) if counts else None


SCRIPTS = {
    **dict.fromkeys(("Hans", "Hant", "Hani", "Jpan"), "CJK"),
    **{"Latn": "LATIN", "Cyrl": "CYRILLIC", "Grek": "GREEK", "Arab": "ARABIC"},
    **{"Hebr": "HEBREW", "Deva": "DEVANAGARI", "Beng": "BENGALI", "Kore": "HANGUL"},
    **{"Thai": "THAI", "Armn": "ARMENIAN", "Geor": "GEORGIAN", "Taml": "TAMIL"},
}
"""Names of Unicode for the ISO 15924 codes of scripts."""


def usual_script(language):
    """The script in which a language is written; None if that is not known.

    >>> usual_script("de"), usual_script("zh_Hans"), usual_script("sr-Latn")
    ('LATIN', 'CJK', 'LATIN')
    """
    if base(language) is None:
        return None
    import langcodes

    return SCRIPTS.get(langcodes.Language.get(language).maximize().script)


@functools.lru_cache(maxsize=1 << 14)
def _script(letter):
    name = unicodedata.name(letter, "UNKNOWN").split()[0].split("-")[0]
    return "CJK" if name in ("HIRAGANA", "KATAKANA") else name
