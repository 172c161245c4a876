"""The kinds of captions in the built-in corpus, and the verbs of each."""

import dataclasses

from keras_nmt.corpora.captions.grammar import Clause
from keras_nmt.corpora.captions.inflection import NOTHING, Phrase
from keras_nmt.corpora.captions.lexicon import (
    ADJECTIVES,
    BE,
    BELONG,
    DEFINITE,
    FEELINGS,
    HABITS,
    INDEFINITE,
    MANNERS,
    MODALS,
    NOUNS,
    NOW,
    REASONS,
    TRY,
    VERBS,
    WEATHER,
)
from keras_nmt.corpora.captions.noun_phrases import NounPhrase, Subject
from keras_nmt.corpora.captions.phrases import ANIMATE, says_where, without
from keras_nmt.corpora.captions.verb_groups import (
    COMPANY,
    GAPPING,
    LOCATED,
    OWNER,
    PERSONAL,
    WAKING,
    tagged,
)


def _different(verbs, verb):
    return [other for other in verbs if other.english != verb.english]


# === Kinds of caption ===


def _plain(draw):
    """`Ein Hund jagt eine kleine Katze.`"""
    return draw.statement(VERBS).main()


def _placed(draw):
    """`Im Park schaut eine Frau ein Bild an.`"""
    clause = draw.somewhere(draw.statement(LOCATED))
    return clause.main(topical=draw.chance(0.5))


def _timed(draw):
    """`Jeden Morgen liest ein alter Mann eine Zeitung.`"""
    habitual = draw.chance(0.6)
    clause = draw.perhaps_somewhere(draw.statement(VERBS))
    clause = dataclasses.replace(clause, habitual=habitual)
    time = draw.pick(HABITS if habitual else NOW)
    if draw.chance(0.6):
        return clause.main(opening=time)
    return clause.within(time).main()


def _mannered(draw):
    """`Ein Junge hebt vorsichtig einen Stock auf.`"""
    clause = draw.statement(tagged(*MANNERS))
    return clause.within(_pick_for(draw, clause.verb, MANNERS)).main()


def _accompanied(draw):
    """`Ein Kind spielt mit seinem Bruder im Park Fußball.`"""
    clause = draw.perhaps_somewhere(draw.statement(tagged("company")))
    return clause.within(draw.dependent(COMPANY, clause.subject)).main()


def _in_weather(draw):
    """`Während es regnet, wartet ein Mann auf den Bus.`"""
    german, english = draw.pick(WEATHER)
    clause = draw.perhaps_somewhere(draw.statement(VERBS))
    weather = Phrase(f"während {german}", f"while {english}")
    return _before_or_after(draw, weather, clause)


def _under_modal(draw):
    """`Ein Mädchen will einen Hut kaufen.`"""
    clause = draw.statement(PERSONAL)
    placed = draw.perhaps_somewhere(clause)
    modal = clause.verb.under(draw.pick(MODALS))
    topical = placed is not clause and draw.chance(0.5)
    return dataclasses.replace(placed, verb=modal).main(topical=topical)


def _tried(draw):
    """`Ein Hund versucht, einen Vogel zu fangen.`"""
    effort = draw.perhaps_somewhere(draw.statement(tagged("effort")))
    clause = Clause(effort.subject, TRY).followed_by(",", effort.infinitive())
    return clause.main(opening=draw.pick(NOW) if draw.chance(0.3) else NOTHING)


def _explained(draw):
    """`Weil es kalt ist, zieht eine Frau einen Mantel an.`"""
    clause = draw.statement(tagged(*REASONS))
    german, english = _pick_for(draw, clause.verb, REASONS)
    reason = Phrase(f"weil {german}", f"because {english}")
    return _before_or_after(draw, reason, clause)


def _felt(draw):
    """`Ein Mann liegt auf einer Wiese, weil er müde ist.`"""
    clause = draw.perhaps_somewhere(draw.statement(tagged(*FEELINGS)))
    feeling = _pick_for(draw, clause.verb, FEELINGS)
    reason = Clause(clause.subject.as_pronoun(), BE, (feeling,))
    reason = reason.subordinate(Phrase("weil", "because"))
    return clause.followed_by(",", reason).main()


def _amused(draw):
    """`Ein Kind lacht, weil ein Hund eine Katze anbellt.`"""
    clause = draw.statement(tagged("amused"))
    event = draw.statement(tagged("funny"), besides=clause.subject.noun)
    reason = event.subordinate(Phrase("weil", "because"))
    return clause.followed_by(",", reason).main()


def _simultaneous(draw):
    """`Während ein Mann singt, schaut ein Kind einen Vogel an.`"""
    clause = draw.statement(VERBS)
    other = draw.statement(VERBS, besides=clause.subject.noun)
    other = other.subordinate(Phrase("während", "while"))
    return _before_or_after(draw, other, clause)


def _aimed(draw):
    """`Ein Radfahrer hält an, um ein Bild anzuschauen.`"""
    clause = draw.perhaps_somewhere(draw.statement(tagged("aim")))
    purpose = draw.action(tagged("purpose"), clause.subject)
    return clause.followed_by(", um", purpose.infinitive()).main()


def _continued(draw):
    """`Auf einer Bank sitzt eine Frau und liest einem Kind ein Buch vor.`"""
    clause = draw.statement(tagged("posture"))
    second = draw.action(tagged("seated"), clause.subject).conjunct()
    return clause.followed_by("", second).main(topical=draw.chance(0.5))


def _with_relative(draw):
    """`Ein Hund, der einen Ball trägt, läuft durch den Schnee.`"""
    verb = draw.pick(tagged("trait", "posture"))
    verbs = tagged("seated") if "posture" in verb.tags else WAKING
    subject = draw.subject(verb.subjects, attired=False)
    first = draw.action([verb], subject)
    second = draw.action(_different(verbs, verb), subject)
    main, relative = (first, second) if draw.chance(0.5) else (second, first)
    relative = dataclasses.replace(relative, subject=subject.as_relative())
    subject = subject.modified_by(relative.subordinate(NOTHING))
    topical = says_where(main.verb) and draw.chance(0.5)
    return dataclasses.replace(main, subject=subject).main(topical=topical)


def _with_relative_object(draw):
    """`Eine Frau sieht einem Kind zu, das unter einem Baum schläft.`"""
    verb = draw.pick(tagged("gaze"))
    subject, slot = draw.subject(verb.subjects), verb.frame[0][0]
    nouns = [noun for noun in NOUNS[slot.noun_class] if noun in ANIMATE]
    phrase = draw.animate(draw.pick(without(subject.noun, nouns)))
    relative = draw.action(VERBS, Subject.of(phrase).as_relative())
    relative = draw.perhaps_somewhere(relative).subordinate(NOTHING)
    clause = Clause(subject, verb, (slot.fill(phrase),))
    return clause.followed_by(",", relative).main()


def _gapped(draw):
    """`Das Buch, das ein Kind liest, ist alt.`"""
    verb = draw.pick(GAPPING)
    slot = verb.frame[0][0]
    noun = draw.pick(NOUNS[slot.noun_class])
    plural = noun in ANIMATE and "each" not in noun.tags and draw.chance(0.3)
    subject = Subject.of(NounPhrase(noun, DEFINITE, plural=plural))
    relative = _around_gap(draw, verb, subject)
    clause = relative.subordinate(subject.as_relative_object(slot))
    subject = subject.modified_by(clause)
    return _remark(draw, subject, _different(WAKING, verb)).main()


def _owned(draw):
    """`Der Hut eines alten Mannes ist rot.`"""
    owner = draw.pick(NOUNS["person"])
    owner = draw.described(owner, draw.pick((DEFINITE, INDEFINITE)))
    thing = NounPhrase(draw.pick(NOUNS["belonging"]), DEFINITE)
    german = f"{thing.german('nom')} {owner.german('gen')}"
    english = f"{owner.english}'s {thing.noun.english}"
    return _predicate(draw, Subject(Phrase(german, english), thing.noun)).main()


KINDS = (
    *(2 * (_plain, _placed, _timed, _timed, _with_relative, _simultaneous)),
    _mannered, _accompanied, _in_weather, _under_modal, _tried, _explained, _felt,
    _amused, _aimed, _continued, _with_relative_object, _gapped, _owned,
)  # fmt: skip


# === Parts of them ===


def _pick_for(draw, verb, table):
    return draw.pick([table[tag] for tag in verb.tags if tag in table])


def _before_or_after(draw, subordinate, clause):
    if draw.chance(0.5):
        opening = Phrase(f"{subordinate.german},", subordinate.english)
        return clause.main(opening=opening)
    return clause.followed_by(",", subordinate).main()


def _around_gap(draw, verb, subject):
    """A clause of `verb` in which the subject of another fills the first slot."""
    nouns, slot = without(subject.noun, verb.subjects), verb.frame[0][0]
    doer = draw.subject(nouns, attired=False)
    if "each" in subject.noun.tags:
        doer = Subject.of(draw.described(draw.pick(nouns), INDEFINITE))
    rest = [draw.dependent(draw.pick(slots), doer) for slots in verb.frame[1:]]
    return Clause(doer, verb, (Phrase("", slot.english), *rest))


def _remark(draw, subject, verbs):
    """A clause about a known subject: what it does, whose it is, or how it is."""
    if subject.noun in ANIMATE:
        return draw.action(verbs, subject)
    if subject.noun in NOUNS["belonging"] and draw.chance(0.4):
        return Clause(subject, BELONG, (draw.dependent(OWNER, subject),))
    return _predicate(draw, subject)


def _predicate(draw, subject):
    """`... ist rot`; German does not inflect such an adjective."""
    choices = draw.pick(ADJECTIVES[subject.noun.tags[0]])
    return Clause(subject, BE, (draw.pick(choices),))
