"""Spaces come back as the train lines of a language have them."""

import json

import pytest
from sacrebleu.metrics import BLEU

from keras_nmt.corpora import captions
from keras_nmt.errors import InputError
from keras_nmt.text.learned_joining import LearnedJoiner
from keras_nmt.text.spaces import glued_in, learn_spaces
from keras_nmt.text.tokenizer import WordTokenizer, deserialize, serialize

pytestmark = pytest.mark.backend_free

# language -> lines to learn from, other lines to restore
TEXTS = {
    "fr": (
        """\
L'eau est froide aujourd'hui.
Où est l'école ?
Il dit : « Viens ici ! »
Elle répond : « Non, je n'ai pas d'argent. »
Qu'est-ce que c'est ?
J'aime l'été ; d'autres préfèrent l'hiver.
Le prix est de 1 000 €.
Il y a 10 % d'eau.
Quel beau jour !
C'est l'ami d'Anne.
Les enfants jouent dans le jardin (près de la maison).
Vient-il demain ?
Elle n'est pas là, dit-elle.
« Oui », dit-il.
Aujourd'hui, jusqu'à midi, il pleut.
Un homme qu'on connaît : Paul.
Il a 3 enfants ; elle en a 2.
Attention !
Le train part à 10 h 30.
Il coûte 25 € environ.
Plus de 50 % des gens, environ 2 500 personnes.
Que fait-on ? Rien.
L'homme s'assied.
Donne-moi le livre.
C'est-à-dire : rien.
Une chaise, une table, et un lit.
Elle s'appelle Marie ; lui, Jean.
Je t'aime !
Il m'a dit : « D'accord. »
La femme lit un livre.""",
        """\
L'arbre est grand aujourd'hui.
Où est l'hôtel ? Qui sait ?
Le directeur crie : « Arrêtez ! »
« J'ai faim », dit-elle ; puis elle s'en va.
Il reste 2 000 € et 15 % d'intérêt.
Jusqu'où va-t-il ?
D'abord, l'oiseau ; ensuite, l'éléphant !
Qu'importe : c'est l'heure d'aller à l'aéroport (enfin).
Quelqu'un n'a pas lu l'article « Presqu'île ».""",
    ),
    "ar": (
        """\
هل رأيت الكتاب؟
نعم، رأيته أمس؛ ثم ذهبت إلى البيت.
الولد يلعب في الحديقة.
قال: «أنا هنا».
أين المدرسة؟
اشترى الرجل خبزا، وماء، وتفاحا.
المرأة تقرأ كتابا (جديدا) في البيت.
كم عمرك؟ عمري 20 سنة.
نسبة 10% من الناس.
البنت تشرب الماء، والولد يأكل.
لا أعرف؛ ربما غدا.
قالت: «نعم، سأذهب».
السعر 3.5 دولار.""",
        """\
هل تعرف الجواب؟
كلا، لا أعرفه؛ لكن الرجل يعرف.
قال الولد: «أين الكلب؟».
كم السعر؟ 25 دولارا، أي 5% أقل.
المرأة (والبنت) في الحديقة.""",
    ),
    "es": (
        """\
¿Dónde está la casa?
¡Hola! ¿Cómo estás?
El perro corre.
Ella dijo: «¡No!»
—Sí —dijo él—, vamos.
¿Qué hora es? Son las 3.
Cuesta 10 % más.
¡Qué bonito!
El niño (de 5 años) juega, y la niña canta.
¿Quién es? Es Juan.
«Ven aquí», dijo Ana.
Pero, ¿por qué?
Compró pan, leche y queso.
¡Vamos, rápido!
—No —dijo ella.""",
        """\
¿Cuándo llega el tren?
¡Adiós! ¿Nos vemos mañana?
Él preguntó: «¿Dónde?»
—Bueno —dijo Ana—, entonces, ¡adelante!
El gato (negro) duerme; ¿lo ves?
Sube un 20 % cada año.""",
    ),
    "zh": (
        """\
我喜欢苹果，你呢？
他说：“好的。”
今天天气很好！
我有3个苹果。
“你好，”她说。
这本书（新的）很有意思；我喜欢。
我们去学校、公园和商店。
他用Python写程序。
价格是100元。
你在哪里？
《红楼梦》是一本书。
我不知道……""",
        """\
你喜欢什么？
她说：“我不去。”
我买了5本书，花了200元！
《水浒传》（旧的）在哪里？
猫、狗和鸟都很可爱；我喜欢它们……
他用Java写游戏。""",
    ),
    "cs": (
        """\
„Ano,“ řekl muž.
Pes běží.
„Kde jsi?“ ptala se.
Bylo tam 10 % dětí.
Cena je 5 Kč; to je málo.
Žena (mladá) čte knihu.
Řekl: „Nevím.“
Je to česko-německý slovník.
Kdo to je? To je Jan!
Muž – a pes – jdou domů.
„Ne,“ řekla, „nechci.“""",
        """\
„Dobře,“ řekla žena.
Kočka spí; pes ne.
Zeptal se: „Kolik?“
Zbývá 25 % vody (asi).
Dům – a zahrada – jsou velké!
„Ano,“ řekl, „půjdu.“""",
    ),
    "it": (
        """\
L'acqua è fredda.
Un po' di pane, per favore.
Dov'è l'amico dell'uomo?
C'è un'altra casa.
Ho mangiato un po' troppo.
Nell'aria c'è un uccello.
Disse: "Vieni qui!"
"No", rispose l'uomo.
Il 10% della gente; circa 1.000 persone.
Quest'anno andiamo all'estero.
Sono le 3,50 euro.
La donna (giovane) legge un libro, e il bambino gioca.
L'anno scorso?
Perché no?
Prendi un po' d'acqua.""",
        """\
L'isola è bella.
Mi dai un po' di sale?
Dov'è l'albergo? Nell'altra strada.
Disse: "Un po' di tutto."
"Sì", disse l'amica, "un'ora fa".
Dell'olio (extra), un po' d'aceto; il 20% in meno.
Quell'orso dorme.""",
    ),
    "de": (
        """\
„Ja“, sagte er.
Das ist ein Test – nur ein Test.
„Nein!“, rief sie.
Es sind 10 % von 1.000 Leuten.
Er sagte: „Komm her.“
Ein E-Mail-Konto; z. B. meins.
Sie fragt: „Wer?“
Der Hund (groß) bellt.
Hans’ Auto ist rot.
‚Gut‘, dachte er.""",
        """\
„Gut“, sagte sie.
Der Mann – ein Riese – lacht.
Er rief: „Halt!“
Etwa 20 % der Leute (oder mehr); wer weiß?
„Wie bitte?“, fragte er. ‚Seltsam‘, dachte sie.""",
    ),
    "en": (
        """\
I can't see it.
She said, "No!"
We don't know; it's late.
He cannot come.
You cannot know.
The dogs' bowl isn't here.
'Yes,' he said.
They're well-known, aren't they?
I'd say 10% of 1,000 people.
It costs $5 (or £4).
"Stop," she said, "or I'll go."
You won't believe it -- really.
The cat's toy.
Visit http://example.org/a or mail me.
He's 3.5 metres tall.
What? Who? Me!
She couldn't; he wouldn't.""",
        """\
He can't and won't do it.
"Hello," he said, "how's life?"
We didn't; they couldn't.
The boys' room isn't small.
I cannot see 20% of it.
'No,' she said.
A half-open door costs $7 (or £6).
She's 2.5 metres -- I think.""",
    ),
}


def learned(language, lines, **options):
    tokenizer = WordTokenizer(language, **options)
    return learn_spaces(tokenizer, lines, [tokenizer.tokenize(x) for x in lines])


def restored(tokenizer, line):
    return tokenizer.detokenize(tokenizer.tokenize(line)).lower()


def round_trip(tokenizer, lines, tokenize="13a"):
    hypotheses = [restored(tokenizer, line) for line in lines]
    metric = BLEU(lowercase=True, tokenize=tokenize)
    return metric.corpus_score(hypotheses, [lines]).score


@pytest.mark.parametrize("newline_token", [False, True])
@pytest.mark.parametrize("language", TEXTS)
def test_perfect_text_scores_99_in_languages_that_the_rules_do_not_know(
    language, newline_token
):
    train, test = (part.split("\n") for part in TEXTS[language])
    tokenizer = learned(language, train, newline_token=newline_token)
    tokenize = "zh" if language == "zh" else "13a"
    assert round_trip(tokenizer, test, tokenize) >= 99


def test_no_break_spaces_come_back_as_spaces():
    train, test = (part.split("\n") for part in TEXTS["fr"])
    wide = [line.replace(" ?", "\u202f?").replace("« ", "«\xa0") for line in train]
    tokenizer = learned("fr", wide, newline_token=True)
    assert [restored(tokenizer, line) for line in wide] == [x.lower() for x in train]
    assert round_trip(tokenizer, test) >= 99


def test_the_rules_stay_where_they_restore_99_of_100_lines():
    lines = captions.load().train.target[:500]
    plain = WordTokenizer("en")
    tokens = [plain.tokenize(line) for line in lines]
    assert learn_spaces(plain, lines, tokens) is plain
    odd = ["You cannot see it."] * 6
    tokens += [plain.tokenize(line) for line in odd]
    assert learn_spaces(plain, [*lines, *odd], tokens) is not plain
    assert learn_spaces(plain, [*lines, *odd[:4]], tokens[:504]) is plain


def test_text_that_was_cut_before_stays_cut():
    tokenizer = learned("en", ["the dog 's bowl , ( red ) .", "is n't it ?"] * 3)
    assert restored(tokenizer, "a cat 's toy , is n't it ( blue ) ?") == (
        "a cat 's toy , is n't it ( blue ) ?"
    )


def test_unknown_words_take_spaces_like_any_other():
    french = learned("fr", TEXTS["fr"][0].split("\n"))
    assert french.detokenize(["l'", "<unk>", "<unk>", "?"]) == "L'<unk> <unk> ?"
    chinese = learned("zh", TEXTS["zh"][0].split("\n"))
    assert chinese.detokenize(["<unk>", "龍", "<unk>", "。"]) == "<unk>龍<unk>。"
    assert french.detokenize(["😀", "où", "–", "да", "…"]) == "😀 Où – да…"
    assert french.detokenize([]) == french.detokenize(["\n", " "]) == ""


def test_lines_of_one_word_teach_nothing():
    for lines in (["oui", "non"], [], ["", " "], ["a  b", "c\td"]):
        plain = WordTokenizer("fr")
        tokens = [plain.tokenize(line) for line in lines]
        assert learn_spaces(plain, lines, tokens) is plain


@pytest.mark.parametrize(
    ("line", "words", "glued"),
    [
        ("L'eau  claire.", ["l'", "eau", "claire", "."], [True, True, False, True]),
        (" \u3000a\u2003b ", ["a", "b"], [True, False]),
        ("İİ x", ["i̇i̇", "x"], [True, False]),
        ("ΟΔΟΣ, a", ["οδος", ",", "a"], [True, True, False]),
        ("", [], []),
        ("other", ["a", "b"], None),
    ],
)
def test_where_spaces_stand(line, words, glued):
    assert glued_in(line, words) == glued


def test_a_learned_joiner_survives_json_and_others_have_no_key():
    assert "joiner" not in WordTokenizer("fr").get_config()
    tokenizer = learned("fr", TEXTS["fr"][0].split("\n"))
    config = json.loads(json.dumps(serialize(tokenizer)))
    again = deserialize(config)
    assert again.get_config() == tokenizer.get_config()
    assert len(json.dumps(config)) < 2000
    for line in TEXTS["fr"][1].split("\n"):
        assert restored(again, line) == restored(tokenizer, line)


@pytest.mark.parametrize(
    "damage",
    [
        {"after": None},
        {"base": "x"},
        {"exceptions": {"kinds": {}}},
        {"exceptions": {"kinds": 3}},
        {"before": {"a": []}},
    ],
)
def test_a_damaged_joiner_is_refused(damage):
    config = LearnedJoiner.learn([(["a", "b"], [True, False])]).get_config()
    config = {"language": "fr", "joiner": {**config, **damage}}
    with pytest.raises(InputError, match="key 'joiner' is damaged"):
        deserialize({"class_name": "WordTokenizer", "config": config})
