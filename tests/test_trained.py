"""A run's folder makes its translator again: text in, text out, a line for a line."""

import concurrent.futures
import copy
import functools
import json
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from keras import ops

import keras_nmt
from keras_nmt.errors import InputError
from keras_nmt.run import translator as trained
from keras_nmt.run import translator_file
from keras_nmt.run.checkpoints import TRANSLATOR, WEIGHTS
from keras_nmt.run.long_lines import LONGEST_SENTENCE
from keras_nmt.run.runs import CHECKPOINTS
from keras_nmt.run.translator import TrainedTranslator
from keras_nmt.search.base import Choice, Search
from keras_nmt.search.beam import BeamSearch
from keras_nmt.search.corpus_decoder import Hypothesis
from keras_nmt.search.sampling import Sampling
from keras_nmt.specials import EOS, PAD, SOS, SPECIALS
from keras_nmt.text.processing import TextProcessor
from keras_nmt.text.tokenizer import WordTokenizer
from keras_nmt.text.vocabulary import Vocabulary
from keras_nmt.training.weights import save_weights
from tests.checks import MAX_LENGTH, SYSTEMS, to_numpy
from tests.running import built

REPOSITORY = Path(__file__).parents[1]

LINES = [
    "Der Hund läuft.",
    "",
    "Wer schläft?",
    " \x0c\u2028",
    "Der\u2028Mann\x0c.",
    "hund " * 500,
    ".",
]
"""Blank, unknown, longer than the transformers' positions; none ends at U+2028."""

SPOKEN = {
    "rnn_cosine": [
        "Runs runs runs runs ",
        ". Runs runs runs. Ru",
        "Runs runs runs runs ",
    ],
    "transformer": [
        "Dog runs the the the",
        "Dog runs runs runs r",
        "Dog runs the runs ru",
    ],
    "encoder_only": ["Dog. The. Dog..", "Dog. The. Dog dog", "Dog dog dog."],
}
"""How the filled weights begin to translate three of these lines."""

FAMILIES = ("rnn_cosine", "transformer", "encoder_only")


def processor(language, words):
    tokenizer = WordTokenizer(language, newline_token=True)
    return TextProcessor(tokenizer, Vocabulary([*SPECIALS, *words]))


@functools.cache
def made(name, **options):
    """A tiny system, filled instead of trained, that prefers words to specials."""
    model = built(SYSTEMS[name](**options), seed=2)
    for weight in model.weights:
        if len(weight.shape) == 1:  # filled norms would drown what a line says
            weight.assign(np.full(weight.shape, "gamma" in weight.path, "float32"))
    model.projection.bias.assign(np.float32([-3, -99, -99, 0, -2, 0, 0, 0, 0]))
    source = processor("de", ["\n", "der", "hund", "läuft", "mann", ".", "ja"])
    target = processor("en", ["\n", "the", "dog", "runs", "."])
    return TrainedTranslator(model, source, target)


def save(folder, name):
    """A folder with what a training leaves there for translating."""
    translator = made(name)
    translator_file.save(folder, translator)
    save_weights(translator.model, folder / CHECKPOINTS / WEIGHTS)
    return folder


def config_of(translator):
    return json.loads(json.dumps(translator.model.get_config()))


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """By the name of its system, a folder that no test may change."""
    return functools.cache(lambda name: save(tmp_path_factory.mktemp(name), name))


@pytest.fixture(scope="module")
def loaded(folders):
    """By the name of its system, what `load` makes of such a folder."""
    return functools.cache(lambda name: keras_nmt.load(folders(name)))


@pytest.fixture(scope="module")
def translations(loaded):
    """By the name of its system, those of `LINES`."""
    return functools.cache(lambda name: loaded(name).translate(LINES))


# === Text in, text out ===


@pytest.mark.parametrize("name", FAMILIES)
def test_what_is_loaded_is_what_was_saved(name, loaded):
    before, after = made(name), loaded(name)
    assert config_of(after) == config_of(before)
    for one, other in zip(after.model.weights, before.model.weights, strict=True):
        np.testing.assert_array_equal(to_numpy(one.value), to_numpy(other.value))


@pytest.mark.parametrize("name", FAMILIES)
def test_every_backend_says_the_same(name, translations):
    assert [translations(name)[place][:20] for place in (0, 2, 6)] == SPOKEN[name]


@pytest.mark.parametrize("name", FAMILIES)
def test_a_line_out_for_every_line_in(name, translations):
    found = translations(name)
    assert len(found) == len(LINES)
    assert not any("\n" in text for text in found)
    assert (found[1], found[3]) == ("", "")


@pytest.mark.parametrize("name", FAMILIES)
def test_lines_together_are_lines_one_by_one(name, loaded, translations):
    alone = [text for line in LINES for text in loaded(name).translate([line])]
    assert alone == translations(name)


@pytest.mark.backend_free
def test_no_line_gives_no_translation(loaded):
    assert loaded("rnn_none").translate([]) == []
    assert loaded("rnn_none").alignments(["", " "]) == []


@pytest.mark.backend_free
def test_one_line_in_place_of_many_is_refused(loaded):
    with pytest.raises(InputError, match=r"expected a list of lines\. Received: 'Ja"):
        loaded("rnn_none").translate("Ja.")


@pytest.mark.backend_free
def test_candidates_are_as_many_as_asked_for_and_the_best_first(loaded):
    translator, search = loaded("rnn_none"), BeamSearch(3, n_best=2)
    lines = ["", "\u200b \u00ad", "Ja.", "Der Hund läuft."]
    blank, unseen, *found = translator.candidates(lines, search)
    assert blank == unseen == [("", None)] * 2
    for first, second in found:
        assert first.score >= second.score
        assert first.text != second.text


def test_a_system_of_one_pass_has_one_candidate_with_its_score(loaded):
    search = BeamSearch(3, n_best=2)
    blank, found = loaded("encoder_only").candidates(["", "Ja."], search)
    assert blank == [("", None)]
    assert [candidate.score < 0 for candidate in found] == [True]


@pytest.mark.backend_free
def test_samples_are_the_same_when_a_text_comes_in_pieces(loaded):
    translator, search = loaded("rnn_none"), Sampling(seed=1)
    lines = ["Ja.", "", *["Der Hund läuft."] * 3]

    def drawn(lines, first=0):
        return [
            best.text for (best,) in translator.candidates(lines, search, first=first)
        ]

    whole = drawn(lines)
    assert drawn(lines[:1]) + drawn(lines[1:], first=1) == whole
    assert len({*whole[2:]}) > 1


# === Where it looked ===

ATTENTION_LAYERS = {
    "rnn_cosine": ["attention"],
    "transformer": ["decoder_0", "decoder_1"],
    "encoder_only": ["encoder_0"],
}


@pytest.mark.parametrize("name", FAMILIES)
def test_an_alignment_has_a_weight_for_each_pair_of_tokens(name, loaded):
    (found,) = loaded(name).alignments(["", "Der hund jault" + " ja" * 10])
    expected = ["<sos>", "der", "hund", "<unk>", *["ja"] * 10, "↵", "<eos>"]
    if loaded(name).model.max_length:
        expected = [*expected[: MAX_LENGTH - 1], "<eos>"]
    assert found.source_tokens == expected
    assert {*found.target_tokens} <= {*SPECIALS, "↵", "the", "dog", "runs", "."}
    assert list(found.weights) == ATTENTION_LAYERS[name]
    for weights in found.weights.values():
        assert weights.shape[1:] == (len(found.target_tokens), len(expected))
        np.testing.assert_allclose(weights.sum(axis=-1), 1.0, rtol=1e-4)


@pytest.mark.backend_free
def test_a_system_without_attention_tells_its_tokens_alone(loaded):
    (found,) = loaded("rnn_none").alignments(["Ja."])
    assert found.source_tokens == ["<sos>", "ja", ".", "↵", "<eos>"]
    assert found.target_tokens
    assert found.weights == {}


class Recital(Search):
    """Says given ids, whatever the system thinks, and then nothing but padding."""

    def __init__(self, *ids):
        self.ids = np.int32([*ids, PAD])

    def choose(self, logits, step, frozen, hypotheses):
        place = ops.minimum(step, len(self.ids) - 1)
        token_id = ops.take(ops.convert_to_tensor(self.ids), place)
        return Choice(
            ops.zeros_like(hypotheses["last"]) + token_id, hypotheses["log_probs"]
        )


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ([SOS, 5, 4, EOS], ["the", "↵", "<eos>"]),
        ([SOS], ["<sos>"]),
        ([], ["<pad>"]),
    ],
)
def test_what_was_said_is_shown_without_the_trivial_first_token(said, shown):
    translator = made("rnn_cosine", visible_padding=7)
    (found,) = translator.alignments(["Ja."], Recital(*said))
    assert found.target_tokens == shown
    (weights,) = found.weights.values()
    assert weights.shape == (1, len(shown), 5)
    assert (weights.sum(axis=-1) < 1).all(), "padding is seen and not shown"


# === Lines in every form ===


@pytest.mark.backend_free
@pytest.mark.parametrize("entry", ["translate", "candidates", "alignments"])
def test_every_entry_takes_a_series_in_its_own_order(entry, loaded):
    ask = getattr(loaded("rnn_none"), entry)
    lines = ["Ja.", "Der Hund läuft."]
    expected = [str(found) for found in ask(lines)]
    for given in (pd.Series(lines, index=[1, 0]), (line + "\n" for line in lines)):
        assert [str(found) for found in ask(given)] == expected


@pytest.mark.backend_free
@pytest.mark.parametrize("entry", ["translate", "candidates", "alignments"])
def test_every_entry_names_the_line_that_is_no_text(entry, loaded):
    with pytest.raises(InputError, match="line 2: expected a str"):
        getattr(loaded("rnn_none"), entry)(["Ja.", None])


@pytest.mark.backend_free
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": -1}, "batch_size must be a whole number of at least 1"),
        ({"batch_size": True}, "batch_size must be a whole number of at least 1"),
        ({"first": -1}, "first must be a whole number of at least 0"),
        ({"search": BeamSearch}, "search must be"),
    ],
)
def test_senseless_options_are_refused(options, message, loaded):
    with pytest.raises(InputError, match=message):
        loaded("rnn_none").candidates(["Ja."], **options)


# === Longer than what is read at once ===

DOCUMENT = ["Der Hund läuft.", "Ja, ja, der Mann ja.", "Hund!"] * 10
CUT = "hund " * 50 + "."


@pytest.mark.parametrize("name", FAMILIES)
def test_a_document_in_a_line_is_its_sentences_joined(name, loaded, caplog):
    translator = loaded(name)
    expected = " ".join(translator.translate(DOCUMENT))
    lines = ["Ja.", " ".join(DOCUMENT), "Hund."]
    found = translator.translate(lines)
    assert found[1] == expected
    assert [found[0], found[2]] == translator.translate([lines[0], lines[2]])
    assert not caplog.records


@pytest.mark.backend_free
def test_a_line_that_is_read_whole_is_not_taken_apart(loaded):
    translator = loaded("rnn_cosine")
    (found,) = translator.translate(["Ja. Hund."])
    assert found != " ".join(translator.translate(["Ja.", "Hund."]))


@pytest.mark.backend_free
def test_candidates_of_a_document_join_those_of_its_sentences(loaded):
    translator, search = loaded("transformer"), BeamSearch(3, n_best=2)
    (found,) = translator.candidates([" ".join(DOCUMENT[:6])], search)
    parts = translator.candidates(DOCUMENT[:6], search)
    for k in range(2):
        assert found[k].text == " ".join(filter(None, (p[k].text for p in parts)))
        total = sum(part[k].score for part in parts)
        assert found[k].score == pytest.approx(total, rel=1e-4)


def test_an_alignment_of_a_document_is_block_diagonal(loaded):
    translator = loaded("transformer")
    parts = translator.alignments(DOCUMENT[:3])
    first, found = translator.alignments(["Ja.", " ".join(DOCUMENT[:3])])
    assert first.source_tokens == ["<sos>", "ja", ".", "↵", "<eos>"]
    assert found.source_tokens == [t for part in parts for t in part.source_tokens]
    assert found.target_tokens == [t for part in parts for t in part.target_tokens]
    for name, weights in found.weights.items():
        row = column = 0
        for part in parts:
            block = part.weights[name]
            _, height, width = block.shape
            rows, columns = slice(row, row + height), slice(column, column + width)
            np.testing.assert_allclose(weights[:, rows, columns], block, atol=1e-5)
            row, column = row + height, column + width
        total = sum(part.weights[name].sum() for part in parts)
        assert weights.sum() == pytest.approx(total, rel=1e-4), "0 elsewhere"


@pytest.mark.backend_free
def test_sentences_of_a_document_draw_samples_of_their_own(loaded):
    translator, search = loaded("transformer"), Sampling(temperature=3, seed=1)
    line = " ".join(["Der Hund läuft."] * 4)
    together = translator.candidates(["Ja.", line], search)
    alone = translator.candidates([line], search, first=1, batch_size=1)
    assert together[1][0].text == alone[0][0].text
    texts = [translator.candidates(["Der Hund läuft."], search, first=1)[0][0].text]
    assert alone[0][0].text != " ".join(texts * 4)


@pytest.mark.backend_free
def test_what_is_cut_is_said_by_line_and_size(loaded, caplog):
    translator = loaded("transformer")
    translator.candidates(["Ja.", CUT, f"Ja. {CUT} Ja."], first=10)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.name == "keras_nmt"
    assert "line 12 (10 of 51 tokens read), line 13 (" in record.getMessage()
    assert "line 11" not in record.getMessage()


@pytest.mark.backend_free
def test_many_cut_lines_are_one_warning(loaded, caplog):
    loaded("encoder_only").translate([CUT] * 25)
    (record,) = caplog.records
    assert "line 20 (10 of 51 tokens read) and 5 more;" in record.getMessage()


@pytest.mark.backend_free
def test_a_system_without_positions_reads_a_long_sentence_whole(loaded, caplog):
    loaded("rnn_cosine").translate(["hund " * 200])
    assert not caplog.records


def test_an_endless_sentence_is_cut_for_every_system(loaded, caplog, monkeypatch):
    monkeypatch.setattr(trained, "LONGEST_SENTENCE", 200)
    loaded("rnn_cosine").translate(["hund " * 1000])
    (record,) = caplog.records
    assert "line 1 (198 of 1,000 tokens read)" in record.getMessage()


@pytest.mark.backend_free
def test_a_line_of_brackets_is_read_up_to_the_stated_bound(loaded, caplog, monkeypatch):
    """The model's memory and its steps grow with the length that it reads."""
    read = []

    def decoder(sentences, *_):
        read.extend(map(len, sentences))
        return [[Hypothesis([EOS], None)] for _ in sentences]

    translator = loaded("rnn_cosine")
    monkeypatch.setattr(translator, "_decoder", lambda *_: decoder)
    assert translator.translate(["Ja.", "(" * 10_000]) == ["", ""]
    assert read == [len(translator.source.encode("Ja.")), LONGEST_SENTENCE]
    (record,) = caplog.records
    assert f"reads {LONGEST_SENTENCE - 2} tokens" in record.getMessage()
    assert "line 2 (1,022 of 10,000 tokens read)" in record.getMessage()


# === Threads, processes, copies ===


@pytest.mark.parametrize(
    ("name", "copied"),
    [
        *((name, lambda it: pickle.loads(pickle.dumps(it))) for name in FAMILIES),
        pytest.param("rnn_cosine", copy.deepcopy, marks=pytest.mark.backend_free),
    ],
    ids=[*FAMILIES, "deepcopy"],
)
def test_a_copy_translates_the_same(name, copied, loaded):
    translator = loaded(name)
    lines = ["Der Hund läuft.", "", "Wer schläft?"]
    other = copied(translator)
    assert other.model is not translator.model
    assert other.translate(lines) == translator.translate(lines)


def test_four_threads_on_one_translator_get_what_one_gets(folders):
    translator = keras_nmt.load(folders("rnn_cosine"))
    parts = [["Der Hund läuft.", "Ja."], ["Wer?", ""], ["Hund ja."], ["Mann."] * 3]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        found = list(pool.map(translator.translate, parts * 3))
    assert found == [translator.translate(part) for part in parts] * 3


@pytest.mark.backend_free
def test_few_searches_are_kept_compiled(monkeypatch, loaded):
    monkeypatch.setattr(trained, "SEARCHES_KEPT", 2)
    translator = copy.copy(loaded("encoder_only"))
    a, b, c = (BeamSearch(1) for _ in range(3))
    for search in (a, b, a, c):
        translator.translate(["Ja."], search)
    assert [search for search, _ in translator._decoders] == [a, c]


FORK = """
import multiprocessing, os, pickle, sys, time, warnings
import keras_nmt
from keras_nmt.errors import InputError

warnings.simplefilter("ignore")  # JAX warns of fork
folder = sys.argv[1]


def in_child(ask):
    child = os.fork()
    if not child:
        try:
            said = ask()
        except InputError as error:
            said = error
        print(said, flush=True)
        os._exit(0)
    end = time.monotonic() + 60
    while os.waitpid(child, os.WNOHANG)[0] == 0:
        if time.monotonic() > end:
            os.kill(child, 9)
            os.waitpid(child, 0)
            print("hangs")
            return
        time.sleep(0.01)


keras_nmt.TrainedTranslator, keras_nmt.BeamSearch
in_child(lambda: keras_nmt.load(folder).translate(["Ja."]))
run = keras_nmt.load(folder)
stored = pickle.dumps(run)
in_child(lambda: run.translate(["Ja."]))
in_child(lambda: keras_nmt.load(folder))
in_child(lambda: pickle.loads(stored))
with multiprocessing.get_context("spawn").Pool(1) as pool:
    print(pool.apply(run.translate, (["Ja."],)))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork a process")
def test_a_fork_works_before_a_model_and_is_refused_after_it(folders, tmp_path):
    script = tmp_path / "fork.py"
    body = "\n".join("    " + line for line in FORK.split("\n"))
    script.write_text(f'if __name__ == "__main__":{body}\n')
    command = [sys.executable, script, folders("rnn_cosine")]
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    before, *refused, spawned = done.stdout.splitlines()
    assert before == spawned
    assert before.startswith("['")
    assert len(refused) == 3
    for line in refused:
        assert line.startswith("this process was forked from one that had a model")
        assert '"spawn"' in line


# === Folders that are none ===


def cut_short(path):
    path.write_bytes(path.read_bytes()[:-2000])


def rewrite(**changes):
    """Changes keys of translator.json; those of None are removed."""

    def change(path):
        content = json.loads(path.read_text("utf-8")) | changes
        content = {key: value for key, value in content.items() if value is not None}
        path.write_text(json.dumps(content), encoding="utf-8")

    return change


def config_with(**changes):
    return {**made("rnn_none").model.get_config(), **changes}


def processor_with(tokens):
    config = made("rnn_none").source.get_config()
    return {**config, "vocabulary": {"tokens": tokens}}


NO_RUN = {
    "translator is missing": (TRANSLATOR, lambda path: path.unlink()),
    "translator is cut short": (TRANSLATOR, cut_short),
    "translator is a list": (TRANSLATOR, lambda path: path.write_text("[]")),
    "no UTF-8": (TRANSLATOR, lambda path: path.write_bytes(b'{"system": "\xff"}')),
    "no system": (TRANSLATOR, rewrite(system=None)),
    "another system": (TRANSLATOR, rewrite(system="Sequential")),
    "a system that is no name": (TRANSLATOR, rewrite(system=["a"])),
    "no config": (TRANSLATOR, rewrite(config=None)),
    "a config that is none": (TRANSLATOR, rewrite(config=3)),
    "an unknown argument": (TRANSLATOR, rewrite(config=config_with(colour="red"))),
    "another encoder": (
        TRANSLATOR,
        rewrite(config=config_with(encoder={"class_name": "A", "config": {}})),
    ),
    "no source": (TRANSLATOR, rewrite(source=None)),
    "a target that is none": (TRANSLATOR, rewrite(target="words")),
    "an unknown tokenizer": (
        TRANSLATOR,
        rewrite(target={"tokenizer": {"class_name": "A"}, "vocabulary": {}}),
    ),
    "no specials": (TRANSLATOR, rewrite(source=processor_with(["a"]))),
    "tokens that are none": (TRANSLATOR, rewrite(source=processor_with(3))),
    "too few tokens": (TRANSLATOR, rewrite(source=processor_with([*SPECIALS, "a"]))),
    "weights are missing": (WEIGHTS, lambda path: path.unlink()),
    "weights are cut short": (WEIGHTS, cut_short),
    "weights are empty": (WEIGHTS, lambda path: path.write_bytes(b"")),
    "weights are text": (WEIGHTS, lambda path: path.write_text("weights")),
}


def check_refused(folder, name):
    with pytest.raises(InputError) as error:
        keras_nmt.load(folder)
    assert str(folder / CHECKPOINTS / name) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.backend_free
@pytest.mark.parametrize("case", NO_RUN)
def test_a_damaged_run_is_told_by_the_file(case, folders, tmp_path):
    name, damage = NO_RUN[case]
    shutil.copytree(folders("rnn_none"), tmp_path, dirs_exist_ok=True)
    damage(tmp_path / CHECKPOINTS / name)
    check_refused(tmp_path, name)


@pytest.mark.backend_free
def test_weights_of_another_system_are_refused(folders, tmp_path):
    shutil.copytree(folders("rnn_none"), tmp_path, dirs_exist_ok=True)
    save_weights(made("encoder_only").model, tmp_path / CHECKPOINTS / WEIGHTS)
    check_refused(tmp_path, WEIGHTS)


@pytest.mark.backend_free
def test_a_folder_that_is_none_is_told(tmp_path):
    check_refused(tmp_path / "nowhere", TRANSLATOR)
    (tmp_path / "file").write_text("text")
    check_refused(tmp_path / "file", TRANSLATOR)
