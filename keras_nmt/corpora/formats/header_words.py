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

_NAMES = """
    abkhaz ab, abkhazian ab, afar aa, afrikaans af, akan ak, albanian sq, amharic am,
    arabic ar, aragonese an, armenian hy, assamese as, assyrian aii, asturian ast,
    avaric av, avestan ae, aymara ay, azerbaijani az, bambara bm, bangla bn,
    bashkir ba, basque eu, belarusian be, belarussian be, bengali bn, bhojpuri bho,
    bislama bi, bokmål nb, bosnian bs, breton br, bulgarian bg, burmese my,
    cantonese yue, castilian es, catalan ca, cebuano ceb, chamorro ch, chechen ce,
    chichewa ny, chinese zh, chuvash cv, cornish kw, corsican co, cree cr,
    croatian hr, czech cs, danish da, dari prs, deutsch de, divehi dv, dutch nl,
    dzongkha dz, englisch en, english en, esperanto eo, estonian et, ewe ee,
    faroese fo, farsi fa, fijian fj, filipino fil, finnish fi, flemish nl, french fr,
    frisian fy, fula ff, fulfulde ff, gaelic gd, galician gl, ganda lg, georgian ka,
    german de, greek el, guarani gn, gujarati gu, haitian ht, hausa ha, hawaiian haw,
    hebrew he, herero hz, hindi hi, hmong hmn, hungarian hu, icelandic is, ido io,
    igbo ig, ilocano ilo, indonesian id, interlingua ia, interlingue ie, inuktitut iu,
    inupiaq ik, irish ga, italian it, japanese ja, javanese jv, kabyle kab,
    kalaallisut kl, kannada kn, kanuri kr, kashmiri ks, kazakh kk, khmer km,
    kikuyu ki, kinyarwanda rw, kirghiz ky, kirundi rn, komi kv, kongo kg, konkani kok,
    korean ko, kuanyama kj, kurdish ku, kurmanji kmr, kyrgyz ky, lao lo, latin la,
    latvian lv, ligurian lij, limburgish li, lingala ln, lithuanian lt, luganda lg,
    luxembourgish lb, macedonian mk, maithili mai, malagasy mg, malay ms,
    malayalam ml, maltese mt, mandarin zh, manx gv, maori mi, marathi mr,
    marshallese mh, moldovan ro, mongolian mn, māori mi, nauru na, navajo nv,
    ndonga ng, nepali ne, norwegian no, nyanja ny, nynorsk nn, occitan oc, odia or,
    ojibwa oj, oriya or, oromo om, ossetian os, ossetic os, pali pi, panjabi pa,
    pashto ps, persian fa, polish pl, portuguese pt, punjabi pa, quechua qu,
    romanian ro, romansh rm, rundi rn, russian ru, sami se, samoan sm, sango sg,
    sanskrit sa, santali sat, sardinian sc, serbian sr, shona sn, sicilian scn,
    sindhi sd, sinhala si, sinhalese si, slovak sk, slovene sl, slovenian sl,
    somali so, sorani ckb, sotho st, spanish es, sundanese su, swahili sw, swati ss,
    swedish sv, tagalog tl, tahitian ty, tajik tg, tamazight zgh, tamil ta, tatar tt,
    telugu te, thai th, tibetan bo, tigrinya ti, tongan to, tsonga ts, tswana tn,
    turkish tr, turkmen tk, twi tw, uighur ug, ukrainian uk, urdu ur, uyghur ug,
    uzbek uz, venda ve, venetian vec, vietnamese vi, volapük vo, walloon wa, welsh cy,
    wolof wo, xhosa xh, yiddish yi, yoruba yo, zhuang za, zulu zu
"""

LANGUAGES = dict(entry.split() for entry in _NAMES.split(","))
"""English names of languages that are one word, and how headers write others. A table,
since `langcodes` knows names only where another package is installed."""

_CODES = {*LANGUAGES.values()}

MORE_CODES = ("no", "sw")
"""Codes that headers have though spaCy has no rules of that name."""

LONGEST = 40
"""Characters of a column's name."""


def meanings(cells):
    """The `meaning` of each cell of a row.

    Where all cells are codes of two letters, these may be written `Fr`, and be rare
    ones; elsewhere `Ja` and `so` are words.

        >>> meanings(["Fr", "Ka"]), meanings(["Fr", "Oui."])
        ([('language', 'fr'), ('language', 'ka')], [None, None])
    """
    words = [cell.strip() for cell in cells]
    if len({*words}) > 1 and all(map(_has_two_letters, words)):
        return [("language", x.lower() if x.istitle() else x) for x in words]
    return [meaning(cell) for cell in cells]


def _has_two_letters(word):
    """Whether it is the code of a language, but not `id` of the row."""
    known = word.istitle() or word.islower() or word.isupper()
    is_row = word.lower() == "id"
    return len(word) == 2 and known and not is_row and base(word) in _CODES


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
    return has_rules(base(word)) or base(word) in MORE_CODES
