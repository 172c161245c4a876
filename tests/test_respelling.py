"""Capitals and double letters are read as the training text spells words."""

import io
import json
import pickle

import pytest

import keras_nmt
from keras_nmt import __main__ as command
from keras_nmt.corpora import captions
from keras_nmt.errors import InputError
from keras_nmt.evaluation.scores import score
from keras_nmt.run import translator_file
from keras_nmt.run.checkpoints import WEIGHTS
from keras_nmt.run.packaging import package
from keras_nmt.run.respelling import LETTERS, Respeller
from keras_nmt.run.runs import CHECKPOINTS, Run
from keras_nmt.run.translator import TrainedTranslator
from keras_nmt.specials import SPECIALS
from keras_nmt.text.processing import TextProcessor
from keras_nmt.text.tokenizer import SubwordTokenizer, WordTokenizer
from keras_nmt.text.vocabulary import Vocabulary
from keras_nmt.training.weights import save_weights
from tests import checks
from tests.running import built
from tests.test_reporting import edit, make_run

ASIDE = [
    "Der Mann aus Bauernau kauft neue Feuerwehrautos.",
    "A blue queen goes to the museum.",
    "",
    "1999 ...",
    "犬が走る。",
    "Собака бежит.",
]
"""No word of these falls into fewer subwords with an umlaut."""


@pytest.fixture(scope="module")
def train():
    return captions.load().train.source


@pytest.fixture(scope="module")
def tokenizer(train):
    return SubwordTokenizer.train(train, 1500, at_most=True)


@pytest.fixture(scope="module")
def respell(tokenizer):
    return Respeller(tokenizer)


def with_doubles(line):
    for double, letter in LETTERS.items():
        line = line.replace(letter, double)
        line = line.replace(letter.upper(), double.capitalize())
    return line


@pytest.mark.backend_free
def test_text_as_it_should_be_stays(respell, train):
    assert [respell(line) for line in train] == list(train)
    assert [respell(line) for line in ASIDE] == ASIDE


@pytest.mark.backend_free
def test_double_letters_become_umlauts(respell, train):
    typed = {with_doubles(line): line for line in train}
    typed = {double: line for double, line in typed.items() if double != line}
    assert len(typed) > 300
    restored = sum(respell(double) == line for double, line in typed.items())
    assert restored > 0.95 * len(typed)


@pytest.mark.backend_free
def test_capitals_become_words_that_the_tokenizer_knows(respell, tokenizer, train):
    pieces = {"given": 0, "capitals": 0, "read": 0}
    for line in train[:500]:
        read = respell(line.upper())
        assert read.upper() == line.upper()
        assert respell(read) == read
        texts = {"given": line, "capitals": line.upper(), "read": read}
        for name, text in texts.items():
            pieces[name] += len(tokenizer.tokenize(text))
    assert pieces["capitals"] > 3 * pieces["given"]
    assert pieces["read"] < 1.02 * pieces["given"]


@pytest.mark.backend_free
def test_what_is_known_in_capitals_stays_in_capitals():
    lines = ["Er fliegt in die USA, die groß sind.", "Die USA sind groß."] * 9
    respell = Respeller(SubwordTokenizer.train(lines, 60, at_most=True))
    for line in lines[:2]:
        assert respell(line.upper()) == line


@pytest.mark.backend_free
def test_a_system_of_capitals_reads_its_own_text_as_it_is(train):
    """In other spellings, a run of unknown letters is a single piece."""
    lines = [line.upper() for line in train]
    respell = Respeller(SubwordTokenizer.train(lines, 1500, at_most=True))
    assert [respell(line) for line in lines] == lines
    # Letters that no spelling has, alone and beside others.
    for line in ("СОБАКА БЕЖИТ.", "RÉSUMÉ", "ŁÓDŹ IST GROẞ."):
        assert respell(line) == line
    assert respell("EIN MAEDCHEN LACHT.") == "EIN MÄDCHEN LACHT."


@pytest.mark.backend_free
def test_no_spelling_has_letters_that_the_tokenizer_does_not_know():
    lines = ["Ein Schwimmer steht in Zuerich.", "Strasse, Fluss und Gasse."] * 9
    tokenizer = SubwordTokenizer.train(lines, 60, at_most=True)
    respell = Respeller(tokenizer)
    assert respell("Ein Maedchen muss aus Zuerich.") == "Ein Maedchen muss aus Zuerich."
    assert respell("EIN MAEDCHEN MUSS.") == "Ein maedchen muss."


# === In a translator ===


def save(folder, tokenizer, respelling):
    """What a training leaves in a folder for translating; filled instead of trained."""
    source, target = (
        TextProcessor(pieces, Vocabulary([*SPECIALS, *words]))
        for pieces, words in (
            (tokenizer, tokenizer.pieces()),
            (WordTokenizer("en"), ["the", "dog", "runs", "a", "man", "reads"]),
        )
    )
    model = checks.transformer(
        source_vocabulary_size=len(source.vocabulary),
        target_vocabulary_size=len(target.vocabulary),
    )
    built(model)
    trained = TrainedTranslator(model, source, target, respelling=respelling)
    translator_file.save(folder, trained)
    save_weights(model, folder / CHECKPOINTS / WEIGHTS)
    return folder


@pytest.fixture(scope="module")
def folder(tokenizer, tmp_path_factory):
    return save(tmp_path_factory.mktemp("respelling"), tokenizer, True)


GIVEN = ["EINE FRAU TRÄGT EIN KLEID.", "Ein Maedchen steht da.", "Ein Mann liest."]
READ = ["Eine Frau trägt ein Kleid.", "Ein Mädchen steht da.", "Ein Mann liest."]


def test_a_translator_reads_lines_respelled_and_shows_them(folder, caplog):
    translator = keras_nmt.load(folder)
    ids = [translator.source.encode(line) for line in READ]
    pieces, _ = translator._translated(GIVEN, None, 2, False, 7)
    assert pieces == [[line] for line in ids]
    assert caplog.messages == [
        "read in the spelling of the training text: "
        f"line 8 as {READ[0]!r}, line 9 as {READ[1]!r}"
    ]
    expected = translator.translate(READ)
    copy = pickle.loads(pickle.dumps(translator))
    assert copy.translate(GIVEN) == expected


def test_the_command_reads_lines_as_written_if_asked(
    folder, capsys, caplog, monkeypatch
):
    translated = {}
    for option in ([], ["--as-written"]):
        monkeypatch.setattr(
            "keras_nmt.commands.translate.own_stdin",
            lambda: io.BytesIO("\n".join(GIVEN).encode()),
        )
        command.main(["translate", str(folder), "--scores", *option])
        translated[bool(option)] = capsys.readouterr().out
        assert ("line 1 as" in caplog.text) != bool(option)
        caplog.clear()
    assert translated[True] != translated[False]


@pytest.mark.backend_free
def test_a_model_respells_what_its_run_reads_as_it_is(tokenizer, tmp_path):
    run = save(make_run(tmp_path, recipe="transformer"), tokenizer, False)
    edit(run, "scores.json", test=score(["A man runs.", "No."], ["A man.", "Yes."]))
    model = tmp_path / "model"
    package(Run(run), model)
    assert keras_nmt.load(run).respell is None
    assert keras_nmt.load(model).respell(GIVEN[1]) == READ[1]
    assert "--as-written" in (model / "README.md").read_text("utf-8")


@pytest.mark.backend_free
def test_the_entry_of_the_file_is_checked(folder):
    content = json.loads(Run(folder).translator_file.read_text("utf-8"))
    assert translator_file.read_respelling(content, "x") is True
    del content["respelling"]
    assert translator_file.read_respelling(content, "x") is False
    for wrong in ("yes", 1, None):
        content["respelling"] = wrong
        with pytest.raises(InputError, match=f"x: key 'respelling' is {wrong!r}"):
            translator_file.read_respelling(content, "x")
    content["respelling"] = True
    content["source"]["tokenizer"]["class_name"] = "WordTokenizer"
    with pytest.raises(InputError, match="is True for a WordTokenizer; package"):
        translator_file.read_respelling(content, "x")
