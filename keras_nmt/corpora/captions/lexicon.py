"""The words of the caption grammar: tables to read and to extend.

Two or more spaces separate columns, one space separates items within a column, and
an underscore stands for a space within an item.
"""

import re

from keras_nmt.corpora.captions.grammar import Verb
from keras_nmt.corpora.captions.inflection import NOTHING, Phrase
from keras_nmt.corpora.captions.noun_phrases import Noun, Slot

# Gender, German singular, genitive, plural; English singular, plural. A header gives
# the tags of the nouns under it: the first chooses their adjectives, `he` and `she`
# are the sex where English tells; several people have one `each`, or one `shared`.
NOUN_TABLE = """
[adult person he]
m Mann Mannes Männer                             man men
m Student Studenten Studenten                    student students
m Musiker Musikers Musiker                       musician musicians
m Bauarbeiter Bauarbeiters Bauarbeiter  construction_worker construction_workers
m Fußballspieler Fußballspielers Fußballspieler  soccer_player soccer_players
m Radfahrer Radfahrers Radfahrer                 cyclist cyclists
[adult person she]
f Frau Frau Frauen                               woman women
f Sängerin Sängerin Sängerinnen                  singer singers
[child person he]
m Junge Jungen Jungen                            boy boys
[child person she]
n Mädchen Mädchens Mädchen                       girl girls
[child person]
n Kind Kindes Kinder                             child children
[kin he]
m Bruder Bruders -                               brother -
[kin she]
f Schwester Schwester -                          sister -
[animal]
m Hund Hundes Hunde                              dog dogs
f Katze Katze Katzen                             cat cats
n Pferd Pferdes Pferde                           horse horses
n Schaf Schafes Schafe                           sheep sheep
m Hase Hasen Hasen                               rabbit rabbits
m Vogel Vogels Vögel                             bird birds
f Ente Ente Enten                                duck ducks
[animal each]
n Pony Ponys Ponys                               pony ponies
[vehicle shared]
n Auto Autos Autos                               car cars
m Bus Busses Busse                               bus buses
m Zug Zuges Züge                                 train trains
m Lastwagen Lastwagens Lastwagen                 truck trucks
[vehicle each]
n Fahrrad Fahrrads Fahrräder                     bicycle bicycles
[thing]
m Ball Balles Bälle                              ball balls
n Geschenk Geschenks Geschenke                   present presents
[stick]
m Stock Stockes Stöcke                           stick sticks
[thing each]
m Eimer Eimers Eimer                             bucket buckets
m Korb Korbes Körbe                              basket baskets
m Rucksack Rucksacks Rucksäcke                   backpack backpacks
m Regenschirm Regenschirms Regenschirme          umbrella umbrellas
f Tasche Tasche Taschen                          bag bags
[paper]
n Buch Buches Bücher                             book books
f Zeitung Zeitung Zeitungen                      newspaper newspapers
m Brief Briefes Briefe                           letter letters
n Bild Bildes Bilder                             picture pictures
[fruit]
m Apfel Apfels Äpfel                             apple apples
f Orange Orange Orangen                          orange oranges
m Kuchen Kuchens Kuchen                          cake cakes
[clothing each]
m Hut Hutes Hüte                                 hat hats
f Mütze Mütze Mützen                             cap caps
n Hemd Hemdes Hemden                             shirt shirts
f Jacke Jacke Jacken                             jacket jackets
m Mantel Mantels Mäntel                          coat coats
[grounds]
m Park Parks -                                   park -
m Garten Gartens -                               garden -
m Wald Waldes -                                  forest -
f Wiese Wiese -                                  meadow -
n Feld Feldes -                                  field -
m Spielplatz Spielplatzes -                      playground -
m Marktplatz Marktplatzes -                      market_square -
m Strand Strandes -                              beach -
m See Sees -                                     lake -
m Fluss Flusses -                                river -
[street]
f Straße Straße -                                street -
f Brücke Brücke -                                bridge -
f Straßenecke Straßenecke -                      street_corner -
f Bushaltestelle Bushaltestelle -                bus_stop -
m Bahnhof Bahnhofs -                             train_station -
[building]
n Haus Hauses -                                  house -
n Geschäft Geschäfts -                           store -
m Brunnen Brunnens -                             fountain -
[tree]
m Baum Baumes -                                  tree -
[barrier]
m Zaun Zaunes -                                  fence -
f Mauer Mauer -                                  wall -
[seat]
f Bank Bank -                                    bench -
f Holzbank Holzbank -                            wooden_bench -
f Decke Decke -                                  blanket -
[weather]
m Schnee Schnees -                               snow -
m Regen Regens -                                 rain -
"""

# What goes with what, so that a caption is something one could see.
CLASS_TABLE = """
performer   Musiker Sängerin
cyclist     Radfahrer
pet         Hund Katze
dog         Hund
grazing     Pferd Pony Schaf
mount       Pony
swimmer     Ente Hund
prey        Katze Hase Vogel Ente
hunter      Hund Katze
fed         Hund Katze Pferd Schaf Ente Vogel
companion   Bruder Schwester Hund
traffic     Auto Bus Lastwagen
transport   Bus Zug
machine     Auto Fahrrad Lastwagen Bus
washed      Auto Fahrrad Hund Pferd
pushed      Fahrrad Auto
toy         Ball Stock
load        Eimer Korb Rucksack Regenschirm Tasche Geschenk
readable    Buch Zeitung Brief
story       Buch Brief
shown       Bild Brief Buch
gift        Ball Geschenk Buch Apfel Orange
ware        Hut Jacke Apfel Orange Kuchen Zeitung Buch Regenschirm
small       Ball Stock Tasche Buch Apfel Mütze
lost        Ball Rucksack Tasche Hund Katze Hut
owned       Hund Katze Fahrrad Rucksack Tasche Hut Mütze Mantel
sight       Hund Pferd Vogel Bild Haus Brunnen Schaf
view        Hund Pferd Vogel Haus Brunnen Schaf Brücke
motif       Bild Haus Baum Brücke Pferd
belonging   Ball Rucksack Regenschirm Tasche Fahrrad Mütze Hut Buch
coat        Hemd Jacke Mantel
park        Park Garten Wald
field       Wiese Feld
yard        Spielplatz Straße Brücke
square      Marktplatz
beach       Strand
lake        See Fluss
stop        Straßenecke Bushaltestelle Bahnhof
shade       Baum
startled    Katze Pferd Radfahrer Kind Mann Hase
catcher     Hund Kind Junge Mädchen
watched     Kind Junge Mädchen Fußballspieler Bauarbeiter Hund
mover       Hund Katze Pferd Schaf Hase
perched     Katze Vogel
flyer       Vogel Ente
eaten       Apfel Orange Kuchen
landmark    Baum Zaun Mauer Brunnen
round       See Brunnen Baum
hurdle      Zaun Mauer
bench       Bank Holzbank Decke Mauer
crossing    Straße Brücke Wiese Feld Marktplatz
road        Straße Brücke Marktplatz
goal        Bushaltestelle Bahnhof Brunnen
edge        Wald Feld Wiese Spielplatz
middle      Park Garten Marktplatz
front       Haus Geschäft
"""

# For each kind of noun the choices of a first and of a second adjective, in the order
# that both languages keep: opinion, then size or state, then age or colour.
ADJECTIVE_TABLE = """
kin       klein:little groß:big                   -
adult     groß:tall müde:tired fröhlich:cheerful  jung:young alt:old
child     klein:little müde:tired fröhlich:cheerful  blond:blond
animal    groß:big klein:small nass:wet           schwarz:black weiß:white braun:brown
vehicle   groß:big klein:small alt:old neu:new    rot:red blau:blue gelb:yellow
thing     groß:big klein:small schwer:heavy       rot:red grün:green gelb:yellow
paper     klein:small groß:big                    alt:old neu:new
fruit     groß:big klein:small                    frisch:fresh
clothing  alt:old neu:new warm:warm               dunkel:dark rot:red blau:blue
grounds   ruhig:quiet schön:beautiful               groß:big klein:small
street    ruhig:quiet belebt:busy                 alt:old
building  groß:big klein:small                    alt:old weiß:white
barrier   hoch:high                               alt:old
tree      hoch:tall groß:big                      alt:old
stick     lang:long                               -
seat      klein:small                             alt:old grün:green
weather   kalt:cold                               -
"""

# Slots (see `Slot`) by kind of place; the frame or the tags of a verb name a kind.
PLACE_TABLE = """
[green]
in+dat:park>in  auf+dat:field>in  an+dat:beach>on  an+dat:lake>by  unter+dat:shade>under
neben+dat:landmark>next_to  am_Ufer+gen:lake>on_the_bank_of
am_Rand+gen:edge>at_the_edge_of
[town]
an+dat:stop>at  vor+dat:front>in_front_of  auf+dat:square>in  auf+dat:yard>on
neben+dat:landmark>next_to  in_der_Mitte+gen:middle>in_the_middle_of
[halt]
an+dat:stop>at
[seat]
auf+dat:bench>on
[path]
durch+acc:park>through  durch+acc:weather>through  über+acc:crossing>across
um+acc:round>around  zu+dat:goal>to  aus+dat:front>out_of  in+acc:park>into
[drive]
durch+acc:weather>through  über+acc:road>across  zu+dat:goal>to
[air]
über+acc:lake>over  über+acc:field>over  über+acc:front>over
"""

# Infinitive with `|` after a separable prefix, third person; English; frame, from the
# innermost dependent outward; tags: where it can happen (`green`...), how
# (`MANNERS`), why (`REASONS`, `FEELINGS`), what longer sentences it may stand in, and
# `bare` where what the subject wears or carries would be odd to add. A header gives the
# classes of the subjects of the verbs under it.
VERB_TABLE = """
[person]
sitzen         sitzt         sit         seat            posture tired sunny company
stehen         steht         stand       town            posture company
lesen          liest         read        acc:readable    green town seated
tragen         trägt         wear        acc:coat        cold trait bare
tragen         trägt         wear        acc:clothing    trait bare
tragen         trägt         carry       acc:load        town careful trait bare
an|ziehen      zieht         put_on      acc:coat        cold effort bare
an|schauen     schaut        look        acc:sight>at    town seated purpose gaze
an|lächeln     lächelt       smile       acc:person>at   happy seated gaze trait
zu|hören       hört          listen      dat:performer>to  town seated purpose
zu|sehen       sieht         watch       dat:watched     seated purpose gaze
zu|winken      winkt         wave        dat:person>at   town seated merry gaze
zu|werfen      wirft         throw       acc:toy dat:catcher>to  green
helfen         hilft         help        dat:person      town purpose gaze
folgen         folgt         follow      dat:animal      slow gaze
sprechen       spricht       talk        mit+dat:person>with  town seated gaze
geben          gibt          give        acc:gift dat:person>to  town
zeigen         zeigt         show        acc:shown dat:person>to  seated
kaufen         kauft         buy         acc:ware        town purpose
essen          isst          eat         acc:eaten       green town hungry seated
füttern        füttert       feed        acc:fed         green purpose
auf|heben      hebt          pick_up     acc:small       effort purpose careful
schieben       schiebt       push        acc:pushed      town slow effort
suchen         sucht         look        acc:lost>for    green town
fotografieren  fotografiert  photograph  acc:view        town purpose gaze
malen          malt          paint       acc:motif       green slow
spielen        spielt        play        Fußball>soccer  green company merry
spielen        spielt        play        Gitarre>the_guitar  town seated loud
singen         singt         sing        -               town loud happy seated
tanzen         tanzt         dance       -               town merry happy company
lachen         lacht         laugh       -               loud happy seated amused trait
warten         wartet        wait        auf+acc:transport>for  halt seated
warten         wartet        wait        auf+acc:kin>for  town seated
gehen          geht          walk        path            slow company sunny aim
laufen         läuft         run         path            fast company wet
schwimmen      schwimmt      swim        in+dat:lake>in  hot slow company bare
reiten         reitet        ride        auf+dat:mount   slow
vorbei|gehen   geht          walk        an+dat:landmark>past  slow company
ein|steigen    steigt        get         in+acc:transport>on  fast wet
aus|steigen    steigt        get         aus+dat:transport>off  slow
an|halten      hält          stop        -               town aim amused
[grazing pet]
stehen         steht         stand       green           -
[perched]
sitzen         sitzt         sit         seat            sunny
[mover]
laufen         läuft         run         path            fast funny
[person pet]
liegen         liegt         lie         auf+dat:field>in  tired sunny
[child animal]
schlafen       schläft       sleep       -               green tired
[adult]
vor|lesen      liest         read        acc:story dat:child>to  green seated
waschen        wäscht        wash        acc:washed      town careful
reparieren     repariert     repair      acc:machine     town effort
[dog]
tragen         trägt         carry       acc:toy         trait
an|bellen      bellt         bark        acc:startled>at  loud funny gaze trait
zurück|bringen  bringt        bring_back  acc:toy dat:person>to  -
[pet]
folgen         folgt         follow      dat:person      slow funny gaze trait
spielen        spielt        play        mit+dat:toy>with  green
[hunter]
jagen          jagt          chase       acc:prey        green funny
fangen         fängt         catch       acc:prey        effort
[child dog]
fangen         fängt         catch       acc:toy         green effort
springen       springt       jump        in+acc:lake>into  hot funny bare
[child]
spielen        spielt        play        mit+dat:toy>with  green
[child pet]
springen       springt       jump        über+acc:hurdle>over  fast funny
[swimmer]
schwimmen      schwimmt      swim        in+dat:lake>in  slow
[flyer]
fliegen        fliegt        fly         air             slow
[cyclist]
fahren         fährt         ride        drive           fast slow
[traffic]
fahren         fährt         drive       drive           fast slow
vorbei|fahren  fährt         drive       an+dat:front>past  fast slow
an|halten      hält          stop        -               town
[prey]
weg|laufen     läuft         run_away    vor+dat:dog>from  fast funny
"""

BE = Verb("", "sein", "ist", "be")
TRY = Verb("", "versuchen", "versucht", "try")
BELONG = Verb("", "gehören", "gehört", "belong")
MODALS = (
    Verb("", "wollen", "will", "want to"),
    Verb("", "müssen", "muss", "have to"),
)

DEFINITE = Phrase("der", "the")
INDEFINITE = Phrase("ein", "a")
BARE = NOTHING
NUMERALS = (Phrase("zwei", "two"), Phrase("drei", "three"), Phrase("vier", "four"))
# These inflect as adjectives do.
QUANTIFIERS = (Phrase("viele", "many"), Phrase("einige", "some"))

NOW = (
    Phrase("heute", "today"),
    Phrase("am Morgen", "in the morning"),
    Phrase("am Abend", "in the evening"),
    Phrase("an einem kalten Tag", "on a cold day"),
)
HABITS = (
    Phrase("jeden Tag", "every day"),
    Phrase("jeden Morgen", "every morning"),
    Phrase("jeden Sonntag", "every Sunday"),
)
WEATHER = (
    Phrase("es regnet", "it is raining"),
    Phrase("es schneit", "it is snowing"),
    Phrase("die Sonne scheint", "the sun is shining"),
)
MANNERS = {
    "slow": Phrase("langsam", "slowly"),
    "fast": Phrase("schnell", "quickly"),
    "loud": Phrase("laut", "loudly"),
    "careful": Phrase("vorsichtig", "carefully"),
    "merry": Phrase("fröhlich", "cheerfully"),
}
REASONS = {
    "cold": Phrase("es kalt ist", "it is cold"),
    "hot": Phrase("es heiß ist", "it is hot"),
    "wet": Phrase("es regnet", "it is raining"),
    "sunny": Phrase("die Sonne scheint", "the sun is shining"),
}
FEELINGS = {
    "tired": Phrase("müde", "tired"),
    "hungry": Phrase("hungrig", "hungry"),
    "happy": Phrase("glücklich", "happy"),
}


# === Reading the tables ===


def _sections(table):
    """Header -> rows of columns, for a table whose headers stand in brackets."""
    sections = {}
    for line in table.strip().split("\n"):
        if line.startswith("["):
            rows = sections.setdefault(line.strip("[]"), [])
        else:
            rows.append(re.split(r"\s{2,}", line))
    return sections


def _items(column):
    """`bus_stop -` -> `["bus stop", ""]`."""
    return [item.replace("_", " ").strip("-") for item in column.split(" ")]


def _read_nouns():
    return [
        Noun(*_items(german), *_items(english), tuple(header.split(" ")))
        for header, rows in _sections(NOUN_TABLE).items()
        for german, english in rows
    ]


def _read_classes(nouns):
    """Class -> nouns; every tag of a noun is a class as well."""
    classes = {}
    for noun in nouns:
        for tag in noun.tags:
            classes.setdefault(tag, []).append(noun)
    by_name = {noun.german: noun for noun in nouns}
    for line in CLASS_TABLE.strip().split("\n"):
        name, *members = line.split()
        classes[name] = [by_name[member] for member in members]
    return {name: tuple(members) for name, members in classes.items()}


def _read_adjectives():
    table = {}
    for line in ADJECTIVE_TABLE.strip().split("\n"):
        name, *columns = re.split(r"\s{2,}", line)
        table[name] = tuple(
            tuple(Phrase(*pair.split(":")) for pair in column.split(" "))
            for column in columns
            if column != "-"
        )
    return table


def parse_slot(spec):
    """`acc:eaten`, `an+dat:stop>at`, or a fixed phrase as in `Fußball>soccer`."""
    german, _, english = spec.replace("_", " ").partition(">")
    if ":" not in german:
        return Slot(german, "", "", english)
    government, _, noun_class = german.partition(":")
    preposition, _, case = government.rpartition("+")
    return Slot(preposition, case, noun_class, english)


def _read_places():
    return {
        kind: tuple(parse_slot(spec) for row in rows for spec in row)
        for kind, rows in _sections(PLACE_TABLE).items()
    }


def _read_verbs():
    return tuple(
        _parse_verb(subjects.split(" "), *row)
        for subjects, rows in _sections(VERB_TABLE).items()
        for row in rows
    )


def _parse_verb(subjects, infinitive, singular, english, frame, tags):
    bracket, _, stem = infinitive.rpartition("|")
    slots = tuple(
        PLACES.get(spec) or (parse_slot(spec),)
        for spec in frame.split(" ")
        if spec != "-"
    )
    doers = tuple(noun for name in subjects for noun in NOUNS[name])
    english = english.replace("_", " ")
    return Verb(bracket, stem, singular, english, doers, slots, tuple(tags.split(" ")))


NOUNS = _read_classes(_read_nouns())
ADJECTIVES = _read_adjectives()
PLACES = _read_places()
VERBS = _read_verbs()
