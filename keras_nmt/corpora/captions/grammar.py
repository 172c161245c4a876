"""The grammar of German and English for captions: inflection and word order.

Cases are `nom acc dat gen`. Agreement is the gender `m f n`, or `p` for any plural,
because the German plural has lost its gender.

The two languages order a verb's dependents in opposite directions. English begins with
the innermost one; German ends with it, next to the place of the verb in a subordinate
clause. So one tuple of dependents serves both:

    Kinder spielen  heute  mit ihrem Bruder  im Park  Fußball.
    Children are playing  soccer  in the park  with their brother  today.
"""

import dataclasses
from dataclasses import dataclass
from typing import NamedTuple


class Phrase(NamedTuple):
    """A phrase in both languages."""

    german: str
    english: str


NOTHING = Phrase("", "")


def join(*phrases):
    """Joins phrases whose order is the same in both languages."""
    german, english = zip(*phrases, strict=True)
    return Phrase(_spaced(german), _spaced(english))


def _spaced(words):
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


# === Words and phrases ===


@dataclass(frozen=True, eq=False)
class Noun:
    """A noun in both languages; its plurals are empty if it is never counted."""

    gender: str
    german: str
    genitive: str
    german_plural: str
    english: str
    english_plural: str
    tags: tuple[str, ...]

    @property
    def pronoun(self):
        """The English pronoun, by sex: `she` for `das Mädchen ... es`."""
        return next((tag for tag in self.tags if tag in ("he", "she")), "it")

    def inflect(self, case, plural):
        """The German noun, with -n in the dative plural and for weak masculines."""
        if plural:
            adds_n = case == "dat" and not self.german_plural.endswith(("n", "s"))
            return self.german_plural + ("n" if adds_n else "")
        is_weak = self.gender == "m" and self.genitive.endswith("n")
        if case == "gen" or (is_weak and case != "nom"):
            return self.genitive
        return self.german


@dataclass(frozen=True)
class NounPhrase:
    """Determiner, adjectives and noun; German inflects all three."""

    noun: Noun
    determiner: Phrase
    adjectives: tuple[Phrase, ...] = ()
    plural: bool = False

    @property
    def agreement(self):
        return "p" if self.plural else self.noun.gender

    def german(self, case):
        determiner, agreement = self.determiner.german, self.agreement
        return _spaced(
            [
                inflect_determiner(determiner, case, agreement),
                *(
                    inflect_adjective(adjective.german, determiner, case, agreement)
                    for adjective in self.adjectives
                ),
                self.noun.inflect(case, self.plural),
            ]
        )

    @property
    def english(self):
        noun = self.noun.english_plural if self.plural else self.noun.english
        words = _spaced([*(adjective.english for adjective in self.adjectives), noun])
        if self.determiner.english == "a":
            return with_article(words)
        return _spaced([self.determiner.english, words])


class Slot(NamedTuple):
    """A place for a noun phrase: preposition, case, class of noun, English.

    Without a case it is a fixed phrase, like `Fußball` in `Fußball spielen`.
    """

    preposition: str
    case: str
    noun_class: str
    english: str

    def fill(self, noun_phrase):
        german = _spaced([self.preposition, noun_phrase.german(self.case)])
        return Phrase(contract(german), _spaced([self.english, noun_phrase.english]))


@dataclass(frozen=True)
class Subject:
    """A subject in both languages, with what verbs and pronouns agree with."""

    phrase: Phrase
    noun: Noun
    plural: bool = False

    @classmethod
    def of(cls, noun_phrase):
        phrase = Phrase(noun_phrase.german("nom"), noun_phrase.english)
        return cls(phrase, noun_phrase.noun, noun_phrase.plural)

    @property
    def agreement(self):
        return "p" if self.plural else self.noun.gender

    @property
    def pronoun(self):
        return "they" if self.plural else self.noun.pronoun

    @property
    def possessive(self):
        """The determiner of what belongs to the subject: `sein`, `his`."""
        german = GERMAN_POSSESSIVE[self.agreement]
        return Phrase(german, ENGLISH_POSSESSIVE[self.pronoun])

    def said_as(self, german, english):
        """The same subject in other words."""
        return dataclasses.replace(self, phrase=Phrase(german, english))

    def modified_by(self, relative):
        """The subject with a relative clause; German also ends it with a comma."""
        german, english = self.phrase
        german = _spaced([german, ",", relative.german, ","])
        return self.said_as(german, f"{english} {relative.english}")

    def as_pronoun(self):
        return self.said_as(GERMAN_PRONOUN[self.agreement], self.pronoun)

    def as_relative(self):
        """The relative pronoun of a clause in which it is the subject."""
        english = "who" if "person" in self.noun.tags else "that"
        return self.said_as(RELATIVE_PRONOUN["nom"][self.agreement], english)

    def as_gap(self, slot):
        """The relative pronoun, with preposition, that fills another verb's `slot`."""
        pronoun = RELATIVE_PRONOUN[slot.case][self.agreement]
        english = "whom" if "person" in self.noun.tags else "that"
        return Phrase(_spaced([slot.preposition, pronoun]), english)


@dataclass(frozen=True)
class Verb:
    """A meaning of a verb: its forms, its subjects and its objects.

    `bracket` ends the German clause: a separable prefix, or the infinitive of a modal.
    In a subordinate clause `joint` stands between `bracket` and the finite verb.
    """

    bracket: str
    infinitive: str
    singular: str
    english: str
    subjects: tuple[Noun, ...] = ()
    frame: tuple[tuple[Slot, ...], ...] = ()
    tags: tuple[str, ...] = ()
    joint: str = ""

    def finite(self, plural):
        """The finite verb, which is second in a main clause."""
        if not plural:
            return self.singular
        return "sind" if self.infinitive == "sein" else self.infinitive

    def final(self, plural):
        """The whole verb at the end of a subordinate clause: `anschaut`."""
        return self.bracket + self.joint + self.finite(plural)

    @property
    def zu_infinitive(self):
        """`anzuschauen`, but `zu lesen`."""
        return f"{self.bracket}zu{'' if self.bracket else ' '}{self.infinitive}"

    def under(self, modal):
        """This verb as a modal's complement: `will ... anschauen`, `wants to look`."""
        return dataclasses.replace(
            modal,
            bracket=self.bracket + self.infinitive,
            english=f"{modal.english} {self.english}",
            joint=" ",
        )


@dataclass(frozen=True)
class Clause:
    """A subject, its verb and dependents; `main` and `subordinate` order the words.

    `dependents` begin with the innermost. `coda` follows the verb even in a subordinate
    clause; it is a clause that depends on this one, for example.
    """

    subject: Subject
    verb: Verb
    dependents: tuple[Phrase, ...] = ()
    coda: Phrase = NOTHING
    habitual: bool = False

    def within(self, adjunct):
        """The same clause with one more dependent, outside the others."""
        return dataclasses.replace(self, dependents=(*self.dependents, adjunct))

    def followed_by(self, mark, phrase):
        """The same clause with a coda; German sets it off by `mark`."""
        coda = Phrase(_spaced([mark, phrase.german]), phrase.english)
        return dataclasses.replace(self, coda=coda)

    def main(self, opening=NOTHING, topical=False):
        """A main clause: the German verb is second.

        Args:
            opening: comes first in both languages.
            topical: whether German begins with the outermost dependent. English keeps
                its order, which shows what is subject and what is object.
        """
        field = self._german_field()
        front = opening.german or (field.pop(0) if topical else "")
        finite = self.verb.finite(self.subject.plural)
        subject = self.subject.phrase.german
        head = [front, finite, subject] if front else [subject, finite]
        german = _spaced([*head, *field, self.verb.bracket, self.coda.german])
        comma = "," if opening.english else ""
        return Phrase(german, _spaced([opening.english, comma, self._english()]))

    def subordinate(self, opening):
        """A clause after a conjunction or relative pronoun: the German verb is last."""
        field = [self.subject.phrase.german, *self._german_field()]
        final = self.verb.final(self.subject.plural)
        german = _spaced([opening.german, *field, final, self.coda.german])
        return Phrase(german, _spaced([opening.english, self._english()]))

    def infinitive(self):
        """An infinitive clause: `einen Hund anzuschauen`, `to look at a dog`."""
        german = _spaced([*self._german_field(), self.verb.zu_infinitive])
        return Phrase(german, _spaced(["to", self.verb.english, *self._complements()]))

    def conjunct(self):
        """A second predicate for the same subject, joined by `und`."""
        finite = self.verb.finite(self.subject.plural)
        german = ["und", finite, *self._german_field(), self.verb.bracket]
        verb = conjugate(self.verb.english, self.subject.plural, self.habitual)
        verb = verb.removeprefix("is ").removeprefix("are ")
        return Phrase(_spaced(german), _spaced(["and", verb, *self._complements()]))

    def _german_field(self):
        return [dependent.german for dependent in reversed(self.dependents)]

    def _complements(self):
        return [dependent.english for dependent in self.dependents]

    def _english(self):
        verb = conjugate(self.verb.english, self.subject.plural, self.habitual)
        words = [self.subject.phrase.english, verb, *self._complements()]
        return _spaced([*words, self.coda.english])


def sentence(phrase):
    """Capitalizes, adds the full stop, removes doubled and final commas."""
    return Phrase(*map(_punctuate, phrase))


def _punctuate(text):
    text = text.replace(",,", ",").rstrip(",")
    return text[0].upper() + text[1:] + "."
