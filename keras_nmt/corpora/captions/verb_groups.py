"""Which verbs go with which kind of caption."""

from keras_nmt.corpora.captions.lexicon import FEELINGS, REASONS, VERBS, parse_slot
from keras_nmt.corpora.captions.phrases import says_where


def tagged(*tags):
    return tuple(verb for verb in VERBS if not set(tags).isdisjoint(verb.tags))


def _can_gap(verb):
    """Whether the verb's object can have a clause like `das Buch, das ein Kind liest`.

    Clauses with two readings are excluded: in `die Frau, die ein Mädchen anlächelt`
    either may smile, since only the masculine accusative differs from the nominative.
    """
    if not verb.frame or len(verb.frame[0]) > 1:
        return False
    slot = verb.frame[0][0]
    is_ambiguous = slot.case == "acc" and slot.noun_class == "person"
    return bool(slot.case) and slot.noun_class != "kin" and not is_ambiguous


PERSONAL = tuple(verb for verb in VERBS if "person" in verb.subjects[0].tags)
LOCATED = tagged("green", "town", "halt") + tuple(filter(says_where, VERBS))
EXPLAINED = tagged(*REASONS, *FEELINGS)
GAPPING = tuple(filter(_can_gap, VERBS))
# Verbs that go with most others; nobody reads while asleep.
WAKING = tuple(verb for verb in VERBS if {"hot", "tired"}.isdisjoint(verb.tags))
COMPANY = parse_slot("mit+dat:companion>with")
OWNER = parse_slot("dat:person>to")
