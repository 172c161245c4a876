"""The built-in corpus: its German agrees, its order is German, its numbers hold."""

import collections
import dataclasses
import random
import re

import pytest

from keras_nmt.corpora import captions
from keras_nmt.corpora.captions import kinds as captions_kinds
from keras_nmt.corpora.captions.grammar import Clause, sentence
from keras_nmt.corpora.captions.inflection import Phrase, conjugate
from keras_nmt.corpora.captions.lexicon import (
    ADJECTIVES,
    BARE,
    BE,
    DEFINITE,
    INDEFINITE,
    MODALS,
    NOUNS,
    NUMERALS,
    PLACES,
    TRY,
    VERBS,
    parse_slot,
)
from keras_nmt.corpora.captions.noun_phrases import NounPhrase, Subject
from keras_nmt.corpora.captions.phrases import PhraseDrawer
from keras_nmt.corpora.captions.verb_groups import GAPPING
from keras_nmt.errors import InputError

pytestmark = pytest.mark.backend_free

NOUN = {noun.german: noun for nouns in NOUNS.values() for noun in nouns}
ADJECTIVE = {
    adjective.german: adjective
    for slots in ADJECTIVES.values()
    for choices in slots
    for adjective in choices
}
VERB = {verb.bracket + verb.infinitive: verb for verb in VERBS}
HIS = Phrase("sein", "his")
HER = Phrase("ihr", "her")


@pytest.fixture(scope="module")
def corpus():
    return captions.load()


@pytest.fixture(scope="module")
def pairs(corpus):
    parts = (corpus.train, corpus.validation, corpus.test)
    return [pair for x in parts for pair in zip(x.source, x.target, strict=True)]


def noun_phrase(determiner, adjectives, noun, plural=False):
    adjectives = tuple(ADJECTIVE[adjective] for adjective in adjectives.split())
    return NounPhrase(NOUN[noun], determiner, adjectives, plural)


def subject(noun, determiner=INDEFINITE, plural=False):
    return Subject.of(noun_phrase(determiner, "", noun, plural))


def clause(noun, verb, *dependents, determiner=INDEFINITE, plural=False):
    return Clause(subject(noun, determiner, plural), VERB[verb], dependents)


def words(sentences):
    return {word.strip(".,").lower() for line in sentences for word in line.split()}


# === The corpus ===


GOLDEN_LINES = """
Ein Fußballspieler steht in der Mitte eines Gartens und hört der Sängerin zu.
A soccer player is standing in the middle of a garden and listening to the singer.
Der Student läuft aus einem Geschäft, weil es regnet.
The student is running out of a store because it is raining.
Das müde blonde Mädchen geht durch einen kleinen Park.
The tired blond girl is walking through a small park.
Weil es heiß ist, schwimmt ein Junge in einem ruhigen Fluss.
Because it is hot, a boy is swimming in a quiet river.
Das Kind spielt am Morgen mit einem Stock.
The child is playing with a stick in the morning.
Die Mütze eines müden Kindes ist dunkel.
A tired child's cap is dark.
Der große Musiker mit einem Geschenk sitzt auf einer Decke, weil er müde ist.
The tall musician with a present is sitting on a blanket because he is tired.
Drei blaue Autos fahren an einem weißen Haus vorbei.
Three blue cars are driving past a white house.
"""


def test_the_first_pairs_are_these():
    lines = [line for pair in captions.generate(8) for line in pair]
    assert lines == GOLDEN_LINES.strip().split("\n")


def test_a_seed_fixes_the_pairs_and_a_longer_list_begins_with_the_shorter():
    assert captions.generate(60, seed=5) == captions.generate(90, seed=5)[:60]
    assert captions.generate(60, seed=5) != captions.generate(60, seed=6)


def test_no_sentence_stands_twice_in_any_part(corpus, pairs):
    sizes = [len(x) for x in (corpus.train, corpus.validation, corpus.test)]
    assert (corpus.name, corpus.source_language, corpus.target_language, sizes) == (
        "captions",
        "de",
        "en",
        [6000, 500, 500],
    )
    german, english = zip(*pairs, strict=True)
    assert len(set(german)) == len(set(english)) == 7000


def test_the_parts_are_drawn_from_one_distribution(corpus):
    means = [
        sum(len(line.split()) for line in part.source) / len(part)
        for part in (corpus.train, corpus.validation, corpus.test)
    ]
    assert max(means) - min(means) < 0.5


@pytest.mark.parametrize("side", [0, 1])
def test_lengths_spread_from_4_to_18_words(pairs, side):
    lengths = [len(pair[side].split()) for pair in pairs]
    assert min(lengths) == 4
    assert max(lengths) == 18
    assert sum(length <= 5 for length in lengths) > 100
    assert sum(length >= 16 for length in lengths) > 100
    assert 9 < sum(lengths) / len(lengths) < 13


@pytest.mark.parametrize("side", [0, 1])
def test_the_vocabulary_is_small_and_the_parts_share_it(corpus, side):
    name = ("source", "target")[side]
    known = words(getattr(corpus.train, name))
    assert 300 < len(known) < 500
    for part in (corpus.validation, corpus.test):
        assert len(words(getattr(part, name)) - known) <= 2


def test_every_sentence_is_capitalised_and_ends_in_one_full_stop(pairs):
    for line in (line for pair in pairs for line in pair):
        assert re.fullmatch(r"[A-ZÄÖÜ][a-zäöüß]*(,? [A-Za-zÄÖÜäöüß']+)*\.", line), line


class TersePhraseDrawer(PhraseDrawer):
    """Without adjectives, so that sentences come up again and again."""

    def described(self, noun, determiner, plural=False):
        return NounPhrase(noun, determiner, (), plural)


def test_a_german_sentence_has_one_translation():
    draw = TersePhraseDrawer(random.Random(7))
    english = collections.defaultdict(set)
    kinds = captions_kinds._plain, captions_kinds._gapped, captions_kinds._with_relative
    for _ in range(12_000):
        german, translation = draw.pick(kinds)(draw)
        english[german].add(translation)
    assert len(english) < 11_000
    assert [german for german, found in english.items() if len(found) > 1] == []


def test_no_relative_clause_has_two_readings():
    """`die Frau, die ein Mädchen anlächelt`: who smiles at whom?"""
    assert VERB["anlächeln"] not in GAPPING
    assert VERB["helfen"] in GAPPING


def test_english_says_an_before_a_vowel_and_only_there(pairs):
    articles = [
        match
        for _, english in pairs
        for match in re.findall(r"\b(an?) (\w)", english, re.IGNORECASE)
    ]
    wrong = [x for x in articles if (x[0].lower() == "an") != (x[1] in "aeiou")]
    assert len(articles) > 1000
    assert wrong == []


def test_reordering_is_frequent(pairs):
    """What tells the systems apart must not be rare."""
    german = [pair[0] for pair in pairs]
    verb_final = sum(bool(re.search(r", |(?i:^während|^weil)", x)) for x in german)
    split = sum(bool(re.search(r" (an|auf|zu|vor|vorbei)[.,]", x)) for x in german)
    fronted = sum(
        bool(re.match(r"(Am?n?|Auf|Unter|Neben|Vor|Jeden|Heute|In|Im|Durch)\b", x))
        for x in german
    )
    assert verb_final > 2000
    assert split > 500
    assert fronted > 1200


def test_a_count_out_of_reach_is_named(monkeypatch):
    monkeypatch.setattr(captions, "DRAWS_PER_PAIR", 1)
    with pytest.raises(InputError, match=r"distinct pairs in 500 draws.*count=500"):
        captions.generate(500)
    with pytest.raises(ValueError, match=r"0 or more. Received: -1"):
        captions.generate(-1)
    assert captions.generate(0) == []


# === German agreement ===


@pytest.mark.parametrize(
    ("determiner", "adjective", "noun", "plural", "expected"),
    [
        (DEFINITE, "alt", "Mann", False, "der alte Mann|den alten Mann|"
         "dem alten Mann|des alten Mannes"),
        (DEFINITE, "alt", "Frau", False, "die alte Frau|die alte Frau|"
         "der alten Frau|der alten Frau"),
        (DEFINITE, "klein", "Kind", False, "das kleine Kind|das kleine Kind|"
         "dem kleinen Kind|des kleinen Kindes"),
        (DEFINITE, "klein", "Kind", True, "die kleinen Kinder|die kleinen Kinder|"
         "den kleinen Kindern|der kleinen Kinder"),
        (INDEFINITE, "alt", "Mann", False, "ein alter Mann|einen alten Mann|"
         "einem alten Mann|eines alten Mannes"),
        (INDEFINITE, "alt", "Frau", False, "eine alte Frau|eine alte Frau|"
         "einer alten Frau|einer alten Frau"),
        (INDEFINITE, "klein", "Kind", False, "ein kleines Kind|ein kleines Kind|"
         "einem kleinen Kind|eines kleinen Kindes"),
        (BARE, "jung", "Frau", True, "junge Frauen|junge Frauen|"
         "jungen Frauen|junger Frauen"),
        (NUMERALS[0], "schwarz", "Hund", True, "zwei schwarze Hunde|"
         "zwei schwarze Hunde|zwei schwarzen Hunden|zwei schwarzer Hunde"),
        (HIS, "braun", "Hund", False, "sein brauner Hund|seinen braunen Hund|"
         "seinem braunen Hund|seines braunen Hundes"),
        (HER, "rot", "Tasche", False, "ihre rote Tasche|ihre rote Tasche|"
         "ihrer roten Tasche|ihrer roten Tasche"),
        (HER, "neu", "Hut", True, "ihre neuen Hüte|ihre neuen Hüte|"
         "ihren neuen Hüten|ihrer neuen Hüte"),
        # Weak masculines, stems that change, plurals in -s.
        (INDEFINITE, "fröhlich blond", "Junge", False,
         "ein fröhlicher blonder Junge|einen fröhlichen blonden Jungen|"
         "einem fröhlichen blonden Jungen|eines fröhlichen blonden Jungen"),
        (DEFINITE, "müde", "Student", False, "der müde Student|den müden Studenten|"
         "dem müden Studenten|des müden Studenten"),
        (INDEFINITE, "hoch", "Zaun", False, "ein hoher Zaun|einen hohen Zaun|"
         "einem hohen Zaun|eines hohen Zaunes"),
        (INDEFINITE, "dunkel", "Hemd", False, "ein dunkles Hemd|ein dunkles Hemd|"
         "einem dunklen Hemd|eines dunklen Hemdes"),
        (BARE, "groß", "Auto", True, "große Autos|große Autos|"
         "großen Autos|großer Autos"),
    ],
)  # fmt: skip
def test_noun_phrases_agree_in_all_four_cases(
    determiner, adjective, noun, plural, expected
):
    phrase = noun_phrase(determiner, adjective, noun, plural)
    cases = [phrase.german(case) for case in ("nom", "acc", "dat", "gen")]
    assert "|".join(cases) == expected


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        (noun_phrase(INDEFINITE, "alt", "Mann"), "an old man"),
        (noun_phrase(INDEFINITE, "groß", "Apfel"), "a big apple"),
        (noun_phrase(INDEFINITE, "", "Regenschirm"), "an umbrella"),
        (noun_phrase(NUMERALS[1], "", "Kind", True), "three children"),
        (noun_phrase(HER, "", "Hut"), "her hat"),
    ],
)
def test_english_noun_phrases(phrase, expected):
    assert phrase.english == expected


@pytest.mark.parametrize(
    ("slot", "phrase", "expected"),
    [
        ("in+dat:park>in", noun_phrase(DEFINITE, "groß", "Park"), "im großen Park"),
        ("in+acc:park>into", noun_phrase(DEFINITE, "", "Park"), "in den Park"),
        ("in+dat:park>in", noun_phrase(INDEFINITE, "", "Park"), "in einem Park"),
        ("an+dat:lake>by", noun_phrase(DEFINITE, "", "See"), "am See"),
        ("zu+dat:goal>to", noun_phrase(DEFINITE, "", "Bushaltestelle"),
         "zur Bushaltestelle"),
        ("am_Ufer+gen:lake>on_the_bank_of", noun_phrase(INDEFINITE, "groß", "Fluss"),
         "am Ufer eines großen Flusses"),
    ],
)  # fmt: skip
def test_prepositions_govern_a_case_and_contract(slot, phrase, expected):
    assert parse_slot(slot).fill(phrase).german == expected


def test_pronouns_follow_gender_in_german_and_sex_in_english():
    found = [
        (x.as_relative().phrase, x.as_pronoun().phrase, x.possessive)
        for x in (subject("Mann"), subject("Mädchen"), subject("Katze"))
    ]
    assert found == [
        (("der", "who"), ("er", "he"), ("sein", "his")),
        (("das", "who"), ("es", "she"), ("sein", "her")),
        (("die", "that"), ("sie", "it"), ("ihr", "its")),
    ]
    men = subject("Mann", DEFINITE, plural=True)
    assert men.as_relative_object(parse_slot("mit+dat:person>with")) == (
        "mit denen",
        "whom",
    )
    assert men.possessive == ("ihr", "their")


# === Word order ===

A_DOG = Phrase("einen Hund", "at a dog")
IN_THE_PARK = Phrase("im Park", "in the park")


def test_a_separable_verb_splits_in_a_main_clause_and_joins_at_the_end():
    looks = clause("Frau", "anschauen", A_DOG)
    german = "Eine Frau schaut einen Hund an."
    assert sentence(looks.main()) == (german, "A woman is looking at a dog.")
    assert looks.subordinate(Phrase("weil", "because")) == (
        "weil eine Frau einen Hund anschaut",
        "because a woman is looking at a dog",
    )
    assert looks.infinitive() == ("einen Hund anzuschauen", "to look at a dog")


def test_the_infinitive_under_a_modal_closes_the_clause():
    looks = clause("Kind", "anschauen", A_DOG, plural=True, determiner=DEFINITE)
    wants = dataclasses.replace(looks, verb=looks.verb.under(MODALS[0]))
    assert wants.main() == (
        "die Kinder wollen einen Hund anschauen",
        "the children want to look at a dog",
    )
    german = wants.subordinate(Phrase("weil", "because")).german
    assert german == "weil die Kinder einen Hund anschauen wollen"


def test_the_verb_stays_second_whatever_comes_first():
    looks = clause("Frau", "anschauen", A_DOG, IN_THE_PARK)
    assert sentence(looks.main(topical=True)) == (
        "Im Park schaut eine Frau einen Hund an.",
        "A woman is looking at a dog in the park.",
    )
    today = Phrase("heute", "today")
    assert sentence(looks.main(opening=today)) == (
        "Heute schaut eine Frau im Park einen Hund an.",
        "Today, a woman is looking at a dog in the park.",
    )


def test_dependents_mirror_each_other():
    """The example of the grammar's own docstring."""
    plays = clause(
        "Kind",
        "spielen",
        Phrase("Fußball", "soccer"),
        IN_THE_PARK,
        Phrase("mit ihrem Bruder", "with their brother"),
        Phrase("heute", "today"),
        determiner=BARE,
        plural=True,
    )
    assert sentence(plays.main()) == (
        "Kinder spielen heute mit ihrem Bruder im Park Fußball.",
        "Children are playing soccer in the park with their brother today.",
    )


def test_relative_clauses_are_verb_final_and_set_off_by_commas():
    dog = subject("Hund")
    carries = Clause(dog.as_relative(), VERB["tragen"], (Phrase("es", "it"),))
    carrying = dog.modified_by(carries.subordinate(Phrase("", "")))
    runs = Clause(carrying, VERB["laufen"], (IN_THE_PARK,))
    assert sentence(runs.main()).german == "Ein Hund, der es trägt, läuft im Park."
    assert (
        sentence(runs.main(topical=True)).german
        == "Im Park läuft ein Hund, der es trägt."
    )


def test_codas_follow_the_verb_and_the_prefix():
    catch = clause("Junge", "fangen", Phrase("einen Ball", "a ball"))
    tries = Clause(catch.subject, TRY).followed_by(",", catch.infinitive())
    assert sentence(tries.main()) == (
        "Ein Junge versucht, einen Ball zu fangen.",
        "A boy is trying to catch a ball.",
    )
    reason = Clause(catch.subject.as_pronoun(), BE, (Phrase("müde", "tired"),))
    reason = reason.subordinate(Phrase("weil", "because"))
    stops = clause("Junge", "anhalten").followed_by(",", reason)
    assert sentence(stops.main()).german == "Ein Junge hält an, weil er müde ist."


@pytest.mark.parametrize(
    ("verb", "forms"),
    [
        ("carry", "is carrying|are carrying|carries|carry"),
        ("run away", "is running away|are running away|runs away|run away"),
        ("lie", "is lying|are lying|lies|lie"),
        ("ride", "is riding|are riding|rides|ride"),
        ("watch", "is watching|are watching|watches|watch"),
        ("be", "is|are|is|are"),
        ("want to be", "wants to be|want to be|wants to be|want to be"),
    ],
)
def test_english_conjugation(verb, forms):
    found = [conjugate(verb, plural, habit) for habit in (0, 1) for plural in (0, 1)]
    assert "|".join(found) == forms


# === The tables ===


def test_the_tables_name_only_what_is_there():
    slots = [slot for slots in PLACES.values() for slot in slots]
    slots += [slot for verb in VERBS for choices in verb.frame for slot in choices]
    assert {slot.case for slot in slots} <= {"", "acc", "dat", "gen"}
    assert {slot.noun_class for slot in slots if slot.case} <= NOUNS.keys()
    assert {noun.gender for noun in NOUN.values()} == {"m", "f", "n"}
    assert {noun.tags[0] for noun in NOUN.values()} <= ADJECTIVES.keys()
