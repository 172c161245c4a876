"""Draws random phrases and clauses whose words make sense together."""

import dataclasses

from keras_nmt.corpora.captions.grammar import Clause
from keras_nmt.corpora.captions.inflection import Phrase, join
from keras_nmt.corpora.captions.lexicon import (
    ADJECTIVES,
    BARE,
    DEFINITE,
    INDEFINITE,
    NOUNS,
    NUMERALS,
    PLACES,
    QUANTIFIERS,
    parse_slot,
)
from keras_nmt.corpora.captions.noun_phrases import NounPhrase, Subject

ANIMATE = NOUNS["person"] + NOUNS["animal"]
ATTRIBUTES = (parse_slot("in+dat:coat>in"), parse_slot("mit+dat:load>with"))


def without(noun, nouns):
    """The nouns without `noun`, so that nobody waves at himself."""
    return [other for other in nouns if other != noun]


def says_where(verb):
    """Whether the verb's outermost dependent is a place."""
    return bool(verb.frame) and verb.frame[-1] in PLACES.values()


class PhraseDrawer:
    """Draws the parts of captions.

    Args:
        generator: a `random.Random`. Only its `random()` is used, because Python
            guarantees the same numbers in all versions for that method only.
    """

    def __init__(self, generator):
        self._random = generator.random

    def pick(self, items):
        return items[int(self._random() * len(items))]

    def chance(self, probability):
        return self._random() < probability

    # === Clauses ===

    def statement(self, verbs, besides=None):
        """A new clause, with any subject that suits a verb, except `besides`."""
        verb = self.pick([verb for verb in verbs if without(besides, verb.subjects)])
        nouns = without(besides, verb.subjects)
        subject = self.subject(nouns, attired="bare" not in verb.tags)
        return self.action([verb], subject)

    def action(self, verbs, subject):
        """A clause about this subject, with a verb that suits it."""
        verb = self.pick([verb for verb in verbs if subject.noun in verb.subjects])
        slots = [self.pick(choices) for choices in verb.frame]
        dependents = tuple(self.dependent(slot, subject) for slot in slots)
        return Clause(subject, verb, dependents)

    def somewhere(self, clause):
        """Adds a place to the clause, unless its verb already has one."""
        kinds = [tag for tag in clause.verb.tags if tag in PLACES]
        if says_where(clause.verb) or not kinds:
            return clause
        slot = self.pick(PLACES[self.pick(kinds)])
        return clause.within(self.dependent(slot, clause.subject))

    def perhaps_somewhere(self, clause):
        return self.somewhere(clause) if self.chance(0.4) else clause

    # === Subjects ===

    def subject(self, nouns, attired=True):
        """A subject: one, several or a pair; if `attired`, perhaps with coat or bag."""
        noun = self.pick(nouns)
        alike = [x for x in without(noun, nouns) if x.tags[0] == noun.tags[0]]
        if alike and self.chance(0.12):
            return self._pair(noun, self.pick(alike))
        subject = Subject.of(self.animate(noun))
        if attired and "person" in noun.tags and self.chance(0.2):
            attribute = self._attribute(subject.plural)
            return subject.said_as(*join(subject.phrase, attribute))
        return subject

    def animate(self, noun):
        """A noun phrase about one or several people or animals."""
        if self.chance(0.3):
            return self._several(noun, (BARE, BARE, DEFINITE, *NUMERALS))
        return self.described(noun, self.pick((INDEFINITE, INDEFINITE, DEFINITE)))

    def _pair(self, noun, other):
        """`Ein Mann und eine Frau`."""
        pair = [Subject.of(self.described(x, INDEFINITE)) for x in (noun, other)]
        phrase = join(pair[0].phrase, Phrase("und", "and"), pair[1].phrase)
        return Subject(phrase, noun, plural=True)

    def _attribute(self, plural):
        """`in einer roten Jacke`, `mit Rucksäcken`."""
        slot = self.pick(ATTRIBUTES)
        noun = self.pick(NOUNS[slot.noun_class])
        return slot.fill(self.described(noun, BARE if plural else INDEFINITE, plural))

    # === Dependents ===

    def dependent(self, slot, subject):
        """What fills the slot of a verb with this subject."""
        if not slot.case:
            return Phrase(slot.preposition, slot.english)
        noun = self.pick(without(subject.noun, NOUNS[slot.noun_class]))
        return slot.fill(self._object(noun, subject))

    def _object(self, noun, owner):
        if self._is_own(noun, owner):
            plural = owner.plural and "each" in noun.tags
            return self.described(noun, owner.possessive, plural)
        if owner.plural and "each" in noun.tags:
            return self.described(noun, BARE, plural=True)
        if "weather" in noun.tags:
            return self.described(noun, DEFINITE)
        is_countable = noun.german_plural and {"each", "shared"}.isdisjoint(noun.tags)
        if is_countable and self.chance(0.15):
            return self._several(noun, NUMERALS if noun in ANIMATE else NUMERALS[:1])
        determiners = (INDEFINITE, INDEFINITE, INDEFINITE, DEFINITE)
        return self.described(noun, self.pick(determiners))

    def _is_own(self, noun, owner):
        may_own = "person" in owner.noun.tags and noun in NOUNS["owned"]
        return "kin" in noun.tags or (may_own and self.chance(0.3))

    def _several(self, noun, determiners):
        phrase = self.described(noun, self.pick(determiners), plural=True)
        if phrase.determiner is not BARE or self.chance(0.5):
            return phrase
        adjectives = (self.pick(QUANTIFIERS), *phrase.adjectives)
        return dataclasses.replace(phrase, adjectives=adjectives)

    def described(self, noun, determiner, plural=False):
        """The noun with zero to two adjectives of its kind."""
        adjectives = tuple(
            self.pick(choices)
            for choices in ADJECTIVES.get(noun.tags[0], ())
            if self.chance(0.3)
        )
        return NounPhrase(noun, determiner, adjectives, plural)
