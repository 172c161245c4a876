"""Nouns, noun phrases and subjects, in both languages."""

import dataclasses
from dataclasses import dataclass
from typing import NamedTuple

from keras_nmt.corpora.captions.inflection import (
    ENGLISH_POSSESSIVE,
    GERMAN_POSSESSIVE,
    GERMAN_PRONOUN,
    RELATIVE_PRONOUN,
    Phrase,
    contract,
    inflect_adjective,
    inflect_determiner,
    spaced,
    with_article,
)

# === Words and phrases ===


@dataclass(frozen=True, eq=False)
class Noun:
    """A noun in both languages; both plurals are empty if it has none."""

    gender: str
    german: str
    genitive: str
    german_plural: str
    english: str
    english_plural: str
    tags: tuple[str, ...]

    @property
    def pronoun(self):
        """The English pronoun: `she` for `das Mädchen`, whose German one is `es`."""
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
        return spaced(
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
        words = spaced([*(adjective.english for adjective in self.adjectives), noun])
        if self.determiner.english == "a":
            return with_article(words)
        return spaced([self.determiner.english, words])


class Slot(NamedTuple):
    """A place in a sentence for a noun phrase, with its prepositions.

    `preposition` and `case` are German, `english` is the English preposition, and
    `noun_class` says which nouns fit. Without a case the slot is a fixed phrase, such
    as `Fußball` in `Fußball spielen`.
    """

    preposition: str
    case: str
    noun_class: str
    english: str

    def fill(self, noun_phrase):
        german = spaced([self.preposition, noun_phrase.german(self.case)])
        return Phrase(contract(german), spaced([self.english, noun_phrase.english]))


@dataclass(frozen=True)
class Subject:
    """A subject in both languages; verbs and pronouns agree with noun and number."""

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
        """The possessive determiner that refers to the subject: `sein`, `his`."""
        german = GERMAN_POSSESSIVE[self.agreement]
        return Phrase(german, ENGLISH_POSSESSIVE[self.pronoun])

    def said_as(self, german, english):
        """The same subject in other words."""
        return dataclasses.replace(self, phrase=Phrase(german, english))

    def modified_by(self, relative):
        """The subject with a relative clause, which German ends with a comma."""
        german, english = self.phrase
        german = spaced([german, ",", relative.german, ","])
        return self.said_as(german, f"{english} {relative.english}")

    def as_pronoun(self):
        return self.said_as(GERMAN_PRONOUN[self.agreement], self.pronoun)

    def as_relative(self):
        """The relative pronoun as the subject of its clause: `der`, `who`."""
        english = "who" if "person" in self.noun.tags else "that"
        return self.said_as(RELATIVE_PRONOUN["nom"][self.agreement], english)

    def as_relative_object(self, slot):
        """The relative pronoun as an object of its clause: `mit dem`, `that`.

        Args:
            slot: of the clause's verb, with the preposition and case of the object.
        """
        pronoun = RELATIVE_PRONOUN[slot.case][self.agreement]
        english = "whom" if "person" in self.noun.tags else "that"
        return Phrase(spaced([slot.preposition, pronoun]), english)
