"""The word order of German and English clauses.

The two languages order a verb's dependents in opposite directions. English begins with
the innermost one; German ends with it, next to the place of the verb in a subordinate
clause. So one tuple of dependents serves both:

    Kinder spielen  heute  mit ihrem Bruder  im Park  Fußball.
    Children are playing  soccer  in the park  with their brother  today.
"""

import dataclasses
from dataclasses import dataclass

from keras_nmt.corpora.captions.inflection import NOTHING, Phrase, conjugate, spaced
from keras_nmt.corpora.captions.noun_phrases import Noun, Slot, Subject


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
        coda = Phrase(spaced([mark, phrase.german]), phrase.english)
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
        german = spaced([*head, *field, self.verb.bracket, self.coda.german])
        comma = "," if opening.english else ""
        return Phrase(german, spaced([opening.english, comma, self._english()]))

    def subordinate(self, opening):
        """A clause after a conjunction or relative pronoun: the German verb is last."""
        field = [self.subject.phrase.german, *self._german_field()]
        final = self.verb.final(self.subject.plural)
        german = spaced([opening.german, *field, final, self.coda.german])
        return Phrase(german, spaced([opening.english, self._english()]))

    def infinitive(self):
        """An infinitive clause: `einen Hund anzuschauen`, `to look at a dog`."""
        german = spaced([*self._german_field(), self.verb.zu_infinitive])
        return Phrase(german, spaced(["to", self.verb.english, *self._complements()]))

    def conjunct(self):
        """A second predicate for the same subject, joined by `und`."""
        finite = self.verb.finite(self.subject.plural)
        german = ["und", finite, *self._german_field(), self.verb.bracket]
        verb = conjugate(self.verb.english, self.subject.plural, self.habitual)
        verb = verb.removeprefix("is ").removeprefix("are ")
        return Phrase(spaced(german), spaced(["and", verb, *self._complements()]))

    def _german_field(self):
        return [dependent.german for dependent in reversed(self.dependents)]

    def _complements(self):
        return [dependent.english for dependent in self.dependents]

    def _english(self):
        verb = conjugate(self.verb.english, self.subject.plural, self.habitual)
        words = [self.subject.phrase.english, verb, *self._complements()]
        return spaced([*words, self.coda.english])


def sentence(phrase):
    """Capitalizes, adds the full stop, removes doubled and final commas."""
    return Phrase(*map(_punctuate, phrase))


def _punctuate(text):
    text = text.replace(",,", ",").rstrip(",")
    return text[0].upper() + text[1:] + "."
