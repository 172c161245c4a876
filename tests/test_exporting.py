"""Exports translate as the run does, in their own engines, without this library."""

import functools
import importlib
import io
import json
import runpy
import sys
from pathlib import Path
from unittest.mock import MagicMock

import keras
import numpy as np
import pytest

from keras_nmt import __main__ as command
from keras_nmt.errors import InputError
from keras_nmt.exporting import checking, ctranslate2_format, marian_format
from keras_nmt.exporting.engine import load_with_engine
from keras_nmt.exporting.export import export
from keras_nmt.exporting.pieces_tokenizer import fast_tokenizer
from keras_nmt.exporting.standalone_text import words_module, write_script
from keras_nmt.run import translator_file
from keras_nmt.run.checkpoints import WEIGHTS
from keras_nmt.run.runs import CHECKPOINTS
from keras_nmt.run.translator import TrainedTranslator
from keras_nmt.search.beam import BeamSearch
from keras_nmt.search.sampling import Sampling
from keras_nmt.specials import EOS, PAD, SPECIALS
from keras_nmt.text.joining import join
from keras_nmt.text.learned_joining import LearnedJoiner
from keras_nmt.text.lines import is_blank
from keras_nmt.text.processing import TextProcessor
from keras_nmt.text.tokenizer import SubwordTokenizer, WordTokenizer
from keras_nmt.text.vocabulary import Vocabulary
from keras_nmt.training.weights import save_weights
from tests.checks import transformer
from tests.running import built
from tests.test_trained import made, save

REPOSITORY = Path(__file__).parents[1]

TEXT = ["Der Hund läuft.", "Ein Mann schläft im Park.", "Die Frau ruft den Hund!"]
LINES = ["Der Hund läuft.", "", "hund " * 30, "Der <eos> Mann <unk> .", "ja", "Ωmega"]
"""Blank, longer than the positions, with names of special tokens, unknown."""

ODD = ["  zwei   Hunde ", "Ωmega 日本 q", "lauft la\u0308uft"]

SHORT = [line for line in LINES if "hund hund" not in line]
PLAIN = [line for line in SHORT if "<" not in line]

POST_NORM = {"positions": "sinusoidal", "tied": "all"}

BACKEND = keras.backend.backend()

on_torch = pytest.mark.skipif(
    BACKEND != "torch",
    reason="exports are written from arrays, the same on every backend, and compared "
    "with the search that starts soonest",
)
on_tensorflow = pytest.mark.skipif(
    BACKEND != "tensorflow",
    reason="a SavedModel is a TensorFlow graph, which the command makes on TensorFlow "
    "whatever trained the run",
)


@functools.cache
def of_subwords(kind="bpe", joint=True, **options):
    """A tiny transformer with subwords, filled instead of trained."""
    texts = [TEXT, TEXT if joint else ["A dog runs.", "The man calls a dog!"]]
    sides = []
    for lines in texts:
        tokenizer = SubwordTokenizer.train(lines, 40, True, kind)
        tokens = map(tokenizer.tokenize, lines)
        sides.append(TextProcessor(tokenizer, Vocabulary.build(tokens, 1)))
    sizes = [len(side.vocabulary) for side in sides]
    model = transformer(
        source_vocabulary_size=sizes[0], target_vocabulary_size=sizes[1], **options
    )
    built(model, seed=3)
    bias = np.zeros(sizes[1], "float32")
    bias[:3] = -99  # <unk> is shown by each engine in its way
    model.projection.bias.assign(bias)
    return TrainedTranslator(model, *sides)


def save_run(folder, trained):
    translator_file.save(folder, trained)
    save_weights(trained.model, folder / CHECKPOINTS / WEIGHTS)


def in_this_process(folder, monkeypatch):
    """The module translate.py of an export."""
    monkeypatch.syspath_prepend(folder)
    for name in ("translate", "lines", "text", "words", "subwords"):
        sys.modules.pop(name, None)
    return importlib.import_module("translate")


def assert_equal(found, trained, lines, search):
    for (text, score), (best, *_) in zip(
        found, trained.candidates(lines, search), strict=True
    ):
        assert text == best.text
        assert (score or 0.0) == pytest.approx(best.score or 0.0, rel=1e-4, abs=1e-4)


# === CTranslate2 ===


@on_torch
@pytest.mark.parametrize(
    "trained",
    [
        lambda: made("transformer", visible_padding=6),
        lambda: made("transformer_tied"),
        lambda: made("transformer_sinusoidal"),
        lambda: of_subwords(norm="pre", tied="all"),
        lambda: of_subwords("unigram", joint=False, scaled_embeddings=True),
    ],
    ids=["padding", "tied", "sinusoidal", "joint", "subwords"],
)
def test_ctranslate2_translates_as_the_run(trained, tmp_path, monkeypatch):
    ctranslate2 = pytest.importorskip("ctranslate2")
    trained = trained()
    ctranslate2_format.check(trained)
    ctranslate2_format.write(trained, tmp_path)
    script = in_this_process(tmp_path, monkeypatch)
    engine = ctranslate2.Translator(str(tmp_path))
    found = script.translate(SHORT, engine, beam_size=1, length_penalty=0.0)
    assert_equal(found, trained, SHORT, BeamSearch(1, 0.0))
    cut = script.read(LINES[2])  # a line beyond the positions
    assert len(cut) == trained.model.max_length
    assert cut[-1] == SPECIALS[EOS]


@on_torch
def test_ctranslate2_in_8_bits_is_smaller_and_close(tmp_path):
    pytest.importorskip("ctranslate2")
    trained = of_subwords(norm="pre", tied="all")
    for name in ("float32", "int8"):
        (tmp_path / name).mkdir()
        ctranslate2_format.write(trained, tmp_path / name, name)
    large, small = (
        (tmp_path / name / "model.bin").stat().st_size for name in ("float32", "int8")
    )
    assert small < 0.7 * large


@on_torch
def test_an_engine_searches_in_place_of_the_library(tmp_path, monkeypatch):
    pytest.importorskip("ctranslate2")
    monkeypatch.setattr(checking, "compare", lambda *_: None)  # it starts processes
    trained = made("transformer")
    engine = load_with_engine(save(tmp_path, "transformer"), "ctranslate2")
    assert engine.translate(LINES) == trained.translate(LINES)
    search = BeamSearch(1)
    found = engine.candidates(SHORT, search)
    assert_equal([best for best, *_ in found], trained, SHORT, search)
    for candidates in engine.candidates(PLAIN, BeamSearch(4, n_best=2)):
        first, second = (candidate.score or 0.0 for candidate in candidates)
        assert first >= second
    with pytest.raises(InputError, match="does not sample"):
        engine.translate(["Ja."], Sampling())


@on_torch
def test_an_engine_is_made_again_when_its_files_or_the_weights_changed(
    tmp_path, monkeypatch
):
    pytest.importorskip("ctranslate2")
    monkeypatch.setattr(checking, "compare", lambda *_: None)
    place = tmp_path / "exports" / "ctranslate2" / "model.bin"
    save_run(tmp_path, of_subwords())
    load_with_engine(tmp_path, "ctranslate2")
    first, whole = place.stat().st_mtime_ns, place.read_bytes()
    load_with_engine(tmp_path, "ctranslate2")
    assert place.stat().st_mtime_ns == first
    place.write_bytes(whole[:-9])
    load_with_engine(tmp_path, "ctranslate2")
    assert place.read_bytes() == whole
    save_run(tmp_path, of_subwords(norm="pre"))
    load_with_engine(tmp_path, "ctranslate2")
    assert place.read_bytes() != whole


# === TensorFlow's SavedModel ===


def saved(trained, folder, monkeypatch):
    """The script of a SavedModel, and the model as a stranger loads it."""
    import tensorflow as tf

    from keras_nmt.exporting import saved_model_format

    saved_model_format.check(trained)
    saved_model_format.write(trained, folder)
    return in_this_process(folder, monkeypatch), tf.saved_model.load(str(folder))


@on_tensorflow
@pytest.mark.parametrize(
    ("trained", "width"),
    [
        (lambda: made("transformer", visible_padding=6), 1),
        (lambda: made("gru_fed_stacked"), 4),
        (lambda: made("encoder_only"), 1),
        (lambda: of_subwords(joint=False, norm="pre", positions="rotary"), 4),
    ],
    ids=["words", "recurrent", "one_pass", "subwords"],
)
def test_a_saved_model_translates_as_the_run(trained, width, tmp_path, monkeypatch):
    trained = trained()
    script, model = saved(trained, tmp_path, monkeypatch)
    search = BeamSearch(width, 0.0 if width == 1 else 0.6)
    for lines in (PLAIN, PLAIN[:1]):
        found = script.translate(lines, model, width, search.length_penalty)
        assert_equal(found, trained, lines, search)


@on_tensorflow
@pytest.mark.parametrize("kind", ["words", "bpe", "unigram"])
def test_a_graph_reads_and_writes_text_as_the_library(kind, tmp_path, monkeypatch):
    import tensorflow as tf

    from keras_nmt.exporting import saved_model_text
    from keras_nmt.exporting.saved_model_format import SCRIPT

    write_script(tmp_path, SCRIPT)
    (tmp_path / "settings.json").write_text("{}")
    (tmp_path / "text.py").touch()
    script = in_this_process(tmp_path, monkeypatch)
    if kind == "words":
        tokens = [*SPECIALS, "\n", " ", " \n", "der", "hund", "."]
        tokenizer, known = WordTokenizer("de", newline_token=True), Vocabulary(tokens)
        read = saved_model_text.WordReader
    else:
        tokenizer = SubwordTokenizer.train(TEXT, 40, True, kind)
        known = Vocabulary.build(map(tokenizer.tokenize, TEXT), 1)
        read = saved_model_text.SubwordReader
    words = tokenizer if kind == "words" else None
    processor = TextProcessor(tokenizer, known)
    lines = [*TEXT, *ODD, "der  hund . "]
    reader, writer = read(processor, 99, 0), saved_model_text.Writer(processor)
    ids = reader(tf.constant([script.written(line, words) for line in lines])).numpy()
    for row, line in zip(ids, lines, strict=True):
        expected = processor.encode(line)
        assert row.tolist() == expected + [PAD] * (len(row) - len(expected))
    drawn = np.random.default_rng(0).integers(0, len(known), (50, 2, 9), "int32")
    texts = writer(drawn).numpy().ravel()
    for row, text in zip(drawn.reshape(-1, 9), texts, strict=True):
        assert script.joined(text.decode(), words) == processor.decode(row)


@on_tensorflow
def test_a_graph_finds_lines_blank_as_the_library():
    import tensorflow as tf

    from keras_nmt.exporting.saved_model_graph import are_blank

    lines = [chr(code) for code in range(0xD800)] + ["", " \u3000\x85", "a ", "\ufeff"]
    blank = are_blank(tf.constant(lines)).numpy().tolist()
    assert blank == [is_blank(line) for line in lines]


# === Hugging Face's Marian ===


@on_torch
@pytest.mark.parametrize(
    "options",
    [
        {**POST_NORM, "tied": "none", "kind": "unigram", "joint": False},
        {**POST_NORM, "tied": "target"},
        POST_NORM,
    ],
    ids=["untied", "target", "joint"],
)
def test_marian_translates_as_the_run(options, tmp_path, monkeypatch):
    pytest.importorskip("transformers")
    trained = of_subwords(**options)
    marian_format.check(trained)
    marian_format.write(trained, tmp_path)
    script = in_this_process(tmp_path, monkeypatch)
    found = script.translate(PLAIN, *script.load(), 1, 0.0)
    assert_equal(found, trained, PLAIN, BeamSearch(1, 0.0))


@pytest.mark.backend_free
@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_the_fast_tokenizer_cuts_and_joins_as_sentencepiece(kind):
    pytest.importorskip("tokenizers")
    tokenizer = SubwordTokenizer.train(TEXT, 40, True, kind)
    known = Vocabulary.build(map(tokenizer.tokenize, TEXT), 1)
    processor = TextProcessor(tokenizer, known)
    fast = fast_tokenizer(processor)
    for line in [*TEXT, *ODD, "."]:
        found = [i if i < len(known) else 0 for i in fast.encode(line).ids]
        assert found == processor.encode(line), line
        shown = fast.decode(found[1:-1], skip_special_tokens=False)
        assert shown == processor.decode(found)


# === Lines ===


@pytest.mark.backend_free
@pytest.mark.parametrize("name", ["ctranslate2", "marian", "saved_model"])
def test_a_script_reads_lines_without_byte_order_marks(
    name, tmp_path, monkeypatch, capsys
):
    for module in ("ctranslate2", "text", "torch", "transformers", "tensorflow"):
        monkeypatch.setitem(sys.modules, module, MagicMock(SPECIALS=SPECIALS))
    monkeypatch.setitem(sys.modules, "tensorflow_text", MagicMock())
    write_script(tmp_path, f"{name}_script.py")
    monkeypatch.syspath_prepend(tmp_path)  # of lines.py
    settings = {"max_length": 9, "beam_size": 1, "length_penalty": 0.0}
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    given = io.TextIOWrapper(io.BytesIO("\ufeff\n\ufeff\r\n\ufeff \n".encode()))
    monkeypatch.setattr(sys, "stdin", given)
    monkeypatch.setattr(sys, "argv", ["translate.py"])
    runpy.run_path(str(tmp_path / "translate.py"), run_name="__main__")
    assert capsys.readouterr().out == "\n\n\n"  # blank lines, which no engine saw


# === What is refused, and what is compared ===


@pytest.mark.backend_free
@pytest.mark.parametrize(
    ("module", "name", "options", "message"),
    [
        (ctranslate2_format, "lstm_cosine", {}, "RecurrentTranslator.*saved_model"),
        (ctranslate2_format, "encoder_only", {}, "EncoderOnly.*saved_model"),
        (ctranslate2_format, "transformer_rotary", {}, "rotary.*saved_model"),
        (marian_format, "lstm_cosine", {}, "RecurrentTranslator.*saved_model"),
        (marian_format, "transformer", {}, "learned positions.*ctranslate2"),
        (marian_format, "transformer_rotary", {}, "pre-norm.*saved_model"),
        (
            marian_format,
            "transformer",
            {"positions": "sinusoidal", "visible_padding": 20},
            "no visible padding and no word tokens; use --format ctranslate2",
        ),
    ],
)
def test_what_a_format_cannot_hold_is_refused_with_another(
    module, name, options, message
):
    trained = made(name, **options)
    with pytest.raises(InputError, match=message) as caught:
        module.check(trained)
    assert "\n" not in str(caught.value)


def another_engine(folder, lines, beam_sizes):
    return [[(-1.0, "something else")] * len(lines) for _ in beam_sizes]


@on_torch
def test_an_export_that_translates_otherwise_is_not_kept(tmp_path, monkeypatch):
    pytest.importorskip("ctranslate2")

    monkeypatch.setattr(checking, "run_script", another_engine)
    with pytest.raises(InputError, match="the export translates"):
        export(made("transformer"), tmp_path / "out", "ctranslate2")
    assert not any(tmp_path.iterdir())


@pytest.mark.backend_free
def test_a_folder_with_other_files_is_not_written_to(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="holds other files"):
        export(made("transformer"), tmp_path, "ctranslate2")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@on_torch
def test_rounding_that_changes_most_translations_is_refused(monkeypatch):
    monkeypatch.setattr(checking, "run_script", another_engine)
    with pytest.raises(InputError, match="change 2 of 2 translations"):
        checking.compare(None, made("transformer"), ["Ja.", "Der Hund."], exact=False)


@on_torch
@pytest.mark.parametrize(
    ("name", "engine", "said"),
    [
        ("rnn_none", "ctranslate2", "only full transformers; leave out --engine"),
        ("transformer", "ctranslate2-int8", "are others; use --engine ctranslate2"),
    ],
)
def test_an_engine_that_cannot_is_told_with_a_mend_of_its_command(
    name, engine, said, tmp_path, monkeypatch
):
    pytest.importorskip("ctranslate2")
    monkeypatch.setattr(checking, "run_script", another_engine)
    folder = save(tmp_path, name)
    (folder / "scores.json").write_text("{}")
    with pytest.raises(InputError, match=said):
        load_with_engine(folder, engine)


@pytest.mark.backend_free
def test_lines_to_compare_are_read_whole_and_made_up_if_there_are_too_few():
    trained = made("transformer")
    lines = checking.lines_to_compare(trained, ["Ja.", "", "hund " * 99, "<eos>"])
    assert lines[0] == "Ja."
    assert len(lines) == checking.LINES
    lengths = [len(trained.source.encode(line)) for line in lines]
    assert 3 < max(lengths) <= trained.model.max_length


@on_torch
def test_the_command_exports_a_run_and_compares_it(tmp_path, capsys):
    pytest.importorskip("ctranslate2")
    folder = save(tmp_path / "run", "transformer")
    out = tmp_path / "out"
    command.main(["export", str(folder), str(out), "--format", "ctranslate2"])
    said = capsys.readouterr().out
    assert "equal by greedy search" in said
    assert f"{out}: done" in said
    assert (out / "translate.py").is_file()
    assert sorted(tmp_path.iterdir()) == [out, folder]


@pytest.mark.backend_free
def test_words_of_an_export_are_cut_and_joined_as_in_the_library(tmp_path):
    lines = [
        "Er sagte: „Ja.“ (z.B. am 3. Mai.)",
        'She said: "No!" -- don\'t, well-known.',
        "a" * 450 + " b",
        "",
        "tab\there  two",
    ]
    observed = [(["l'", "eau", "?"], [True, True, False])] * 5
    joiner = LearnedJoiner.learn(observed).get_config()
    space = {}
    exec(compile(words_module(), "words.py", "exec"), space)
    for options in (
        {"language": "en", "newline_token": True},
        {"language": "de", "lowercase": False, "joiner": joiner},
    ):
        ours, theirs = WordTokenizer(**options), space["WordTokenizer"](**options)
        for line in lines:
            tokens = ours.tokenize(line)
            assert theirs.tokenize(line) == tokens
            assert theirs.detokenize(tokens) == ours.detokenize(tokens)
    assert join(["a", "b"], [True, False]) == space["join"](["a", "b"], [True, False])


@pytest.mark.backend_free
def test_the_table_of_the_docs_is_made_from_what_was_measured():
    exports = pytest.importorskip("benchmarks.exports")
    text = (REPOSITORY / "docs" / "exporting.md").read_text("utf-8")
    rows = exports.read(REPOSITORY / "results" / "benchmarks" / "exports.csv")
    assert exports.with_table(text, rows) == text
    assert "| its beam |" in exports.table(rows)  # 4, and 5 of the shipped model
    assert {row["format"] for row in rows if not row["refused"]} == {
        "ctranslate2",
        "ctranslate2 int8",
        "marian",
        "saved_model",
    }
