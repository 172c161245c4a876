"""How German and English words change their form.

Cases are `nom acc dat gen`. Agreement is the gender `m f n`, or `p` for any plural,
because the German plural has lost its gender.
"""

from typing import NamedTuple


class Phrase(NamedTuple):
    """A phrase in both languages."""

    german: str
    english: str


NOTHING = Phrase("", "")


def join(*phrases):
    """Joins phrases whose order is the same in both languages."""
    german, english = zip(*phrases, strict=True)
    return Phrase(spaced(german), spaced(english))


def spaced(words):
    return " ".join(word for word in words if word).replace(" ,", ",")


# === German inflection ===


def _paradigm(**rows):
    """Case -> agreement -> form; `-` stands for the empty form."""
    return {
        case: dict(zip("mfnp", row.replace("-", "").split(" "), strict=True))
        for case, row in rows.items()
    }


DEFINITE_ARTICLE = _paradigm(
    nom="der die das die", acc="den die das die", dat="dem der dem den",
    gen="des der des der",
)  # fmt: skip
RELATIVE_PRONOUN = DEFINITE_ARTICLE | _paradigm(
    dat="dem der dem denen", gen="dessen deren dessen deren"
)
EIN_ENDINGS = _paradigm(
    nom="- e - e", acc="en e - e", dat="em er em en", gen="es er es er"
)
WEAK_ENDINGS = _paradigm(
    nom="e e e en", acc="en e e en", dat="en en en en", gen="en en en en"
)
MIXED_ENDINGS = _paradigm(
    nom="er e es en", acc="en e es en", dat="en en en en", gen="en en en en"
)
STRONG_ENDINGS = _paradigm(
    nom="er e es e", acc="en e es e", dat="em er em en", gen="en er en er"
)
EIN_WORDS = ("ein", "sein", "ihr")
GERMAN_PRONOUN = {"m": "er", "f": "sie", "n": "es", "p": "sie"}
GERMAN_POSSESSIVE = {"m": "sein", "f": "ihr", "n": "sein", "p": "ihr"}
ENGLISH_POSSESSIVE = {"he": "his", "she": "her", "it": "its", "they": "their"}
STEMS = {"hoch": "hoh", "dunkel": "dunkl"}
CONTRACTIONS = {
    "in dem": "im",
    "in das": "ins",
    "an dem": "am",
    "zu dem": "zum",
    "zu der": "zur",
}


def inflect_determiner(determiner, case, agreement):
    """Inflects a determiner: `ein`, dat, f -> `einer`."""
    if determiner == "der":
        return DEFINITE_ARTICLE[case][agreement]
    if determiner in EIN_WORDS:
        return determiner + EIN_ENDINGS[case][agreement]
    return determiner


def inflect_adjective(adjective, determiner, case, agreement):
    """Inflects an adjective; its ending depends on the determiner's."""
    endings = STRONG_ENDINGS
    if determiner == "der":
        endings = WEAK_ENDINGS
    elif determiner in EIN_WORDS:
        endings = MIXED_ENDINGS
    stem = STEMS.get(adjective, adjective.removesuffix("e"))
    return stem + endings[case][agreement]


def contract(prepositional_phrase):
    """`in dem Park` -> `im Park`."""
    first, second, rest = (prepositional_phrase + "  ").split(" ", 2)
    head = CONTRACTIONS.get(f"{first} {second}", f"{first} {second}")
    return f"{head} {rest}".strip()


# === English inflection ===


def with_article(words):
    """Adds `a` or `an` by the first letter; the lexicon has no exceptions (`hour`)."""
    return ("an " if words[0] in "aeiou" else "a ") + words


def third_person(verb):
    """`wash` -> `washes`, `carry` -> `carries`, `play` -> `plays`."""
    if verb in ("be", "have"):
        return {"be": "is", "have": "has"}[verb]
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb.removesuffix("y") + "ies"
    return verb + ("es" if verb.endswith(("s", "sh", "ch", "o")) else "s")


def present_participle(verb):
    """`ride` -> `riding`, `sit` -> `sitting`."""
    if verb in ("get", "put", "run", "sit", "stop", "swim"):
        return verb + verb[-1] + "ing"
    if verb.endswith("ie"):
        return verb.removesuffix("ie") + "ying"
    return verb.removesuffix("e") + "ing"


STATIVE = ("be", "belong", "have", "want")


def conjugate(verb, plural, habitual):
    """The progressive form, but the simple form for states and habits."""
    first, space, rest = verb.partition(" ")
    if not habitual and first not in STATIVE:
        form = ("are " if plural else "is ") + present_participle(first)
    elif plural:
        form = "are" if first == "be" else first
    else:
        form = third_person(first)
    return form + space + rest
