"""What the scripts of exports read, and how an export is compared with its run."""

import importlib
import io
import json
import runpy
import sys
import unicodedata
from unittest.mock import MagicMock

import pytest

from keras_nmt.exporting import checking, marian_format
from keras_nmt.exporting.standalone_text import write_script
from keras_nmt.run.translator import TrainedTranslator
from keras_nmt.search.beam import BeamSearch
from keras_nmt.specials import EOS, PAD, SPECIALS
from keras_nmt.text.lines import is_blank
from tests.test_exporting import (
    PLAIN,
    POST_NORM,
    assert_equal,
    in_this_process,
    of_subwords,
    on_tensorflow,
    on_torch,
)
from tests.test_trained import made

NAMES = ("ctranslate2", "marian", "saved_model")

UNSEEN = ("\u200b", "\u00ad", "\ufeff", "\u200e", "\u2060 \u200b\t", "\U000e0020")
"""Lines of marks without a width."""

SHOWS_LINES = """\
import os, sys
from lines import read_lines
for line in read_lines(sys.stdin.buffer):
    print(0, ascii(line) + os.environ["CUDA_VISIBLE_DEVICES"], sep="\\t")
"""
"""A translate.py that translates each line into what it reads."""


@pytest.fixture
def run_script(tmp_path, monkeypatch, capsys):
    """Runs a script whose engine is a mock; what it writes about some bytes."""
    for module in ("ctranslate2", "text", "torch", "transformers", "tensorflow"):
        monkeypatch.setitem(sys.modules, module, MagicMock(SPECIALS=SPECIALS))
    monkeypatch.setitem(sys.modules, "tensorflow_text", MagicMock())
    monkeypatch.delitem(sys.modules, "lines", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    settings = {"max_length": 9, "beam_size": 1, "length_penalty": 0.0}
    (tmp_path / "settings.json").write_text(json.dumps(settings))

    def run(name, given):
        write_script(tmp_path, f"{name}_script.py")
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        monkeypatch.setattr(sys, "argv", ["translate.py"])
        runpy.run_path(str(tmp_path / "translate.py"), run_name="__main__")
        return capsys.readouterr().out

    return run


# === Lines ===


@pytest.mark.backend_free
@pytest.mark.parametrize("name", NAMES)
def test_lines_without_anything_to_see_are_not_translated(name, run_script):
    given = "".join(f"{line}\n" for line in UNSEEN).encode()
    assert run_script(name, given) == "\n" * len(UNSEEN)  # no engine saw them


@pytest.mark.backend_free
@pytest.mark.parametrize("name", NAMES)
def test_a_script_says_which_line_is_not_utf_8(name, run_script):
    with pytest.raises(SystemExit) as caught:
        run_script(name, "Ja.\nMüller\n".encode("latin-1"))
    assert caught.value.code == ("stdin, line 2: is not UTF-8; save the file as UTF-8")


@pytest.mark.backend_free
def test_exports_find_lines_blank_and_end_lines_as_the_library(tmp_path, monkeypatch):
    write_script(tmp_path, "marian_script.py")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "lines", raising=False)
    lines = importlib.import_module("lines")
    for line in [*map(chr, range(sys.maxunicode + 1)), *UNSEEN, "", "\u200bJa"]:
        assert lines.is_blank(line) == is_blank(line)
    given = io.BytesIO(b"a\r\n\r\r\nb\rc\n\xef\xbb\xbfd \n\xe2\x80\xa8\ne\r")
    assert lines.read_lines(given) == ["a", "\r", "b\rc", "d ", "\u2028", "e\r"]


@on_tensorflow
def test_a_graph_finds_marks_without_a_width_blank():
    import tensorflow as tf

    from keras_nmt.exporting.saved_model_graph import are_blank

    marks = [chr(c) for c in range(0xD800) if unicodedata.category(chr(c)) == "Cf"]
    lines = [*UNSEEN, *marks, "\u200bJa", "Ja\u200b"]
    assert are_blank(tf.constant(lines)).numpy().tolist() == [*map(is_blank, lines)]


# === The search ===


@pytest.mark.backend_free
def test_marian_hypotheses_are_ranked_by_this_librarys_length_penalty(
    tmp_path, monkeypatch
):
    for module in ("torch", "transformers"):
        monkeypatch.setitem(sys.modules, module, MagicMock())
    write_script(tmp_path, "marian_script.py")
    (tmp_path / "settings.json").write_text("{}")
    script = in_this_process(tmp_path, monkeypatch)
    short, long = [7, EOS, *[PAD] * 5], [7, 8, 9, 7, 8, 9, EOS]
    # -2.1 / (7 / 6) = -1.8 and -3.7 / (12 / 6) = -1.85; but -2.1 / 2 < -3.7 / 7.
    ids, score = script.best([long, short], [-3.7, -2.1], EOS, 1.0)
    assert ids == [7, EOS]
    assert score == pytest.approx(-1.8)
    ids, score = script.best([long, short], [-3.5, -2.1], EOS, 1.0)
    assert ids == long
    assert score == pytest.approx(-1.75)
    unfinished = long[:-1]
    ids, score = script.best([unfinished], [-3.0], EOS, 0.5)
    assert ids == unfinished
    assert score == pytest.approx(-3.0 / (11 / 6) ** 0.5)


@on_torch
@pytest.mark.parametrize("penalty", [0.0, 0.6, 2.0])
def test_marian_searches_with_a_beam_as_the_run(penalty, tmp_path, monkeypatch):
    pytest.importorskip("transformers")
    trained = of_subwords(**POST_NORM)
    marian_format.write(trained, tmp_path)
    script = in_this_process(tmp_path, monkeypatch)
    for size in (1, 4):
        found = script.translate(PLAIN, *script.load(), size, penalty)
        assert_equal(found, trained, PLAIN, BeamSearch(size, penalty))


# === The comparison ===


@pytest.mark.backend_free
def test_an_export_is_given_each_line_as_it_is_and_no_gpu(tmp_path):
    write_script(tmp_path, "marian_script.py")
    (tmp_path / "translate.py").write_text(SHOWS_LINES)
    lines = ["Ja.", "Ja.\r", "\r\r", "a\rb", "Ja.\u2028"]
    (found,) = checking.run_script(tmp_path, lines, (1,))
    assert found == [(0.0, ascii(line)) for line in lines]


@pytest.mark.backend_free
def test_lines_that_the_library_finds_blank_are_not_compared():
    lines = checking.lines_to_compare(made("transformer"), ["Ja.", *UNSEEN, "Hund"])
    assert lines[:2] == ["Ja.", "Hund"]


@on_torch
def test_lines_are_compared_as_they_are_written(monkeypatch):
    run = made("transformer")
    sides = run.model, run.source, run.target
    trained, export = TrainedTranslator(*sides), TrainedTranslator(*sides)
    trained.respell = respell = lambda line: line.replace("Hund", "Mann")
    lines = ["Der Hund läuft.", "\u200b"]
    assert trained.translate(lines) != export.translate(lines)
    monkeypatch.setattr(
        checking,
        "run_script",
        lambda _, lines, sizes: [checking.run_here(export, lines, n) for n in sizes],
    )
    found = checking.compare(None, trained, lines)
    assert (found.lines, found.greedy, found.difference) == (2, 2, 0.0)
    assert trained.respell is respell


@on_tensorflow
def test_a_saved_models_script_multiplies_in_all_bits(tmp_path, monkeypatch):
    from tensorflow import config

    write_script(tmp_path, "saved_model_script.py")
    (tmp_path / "settings.json").write_text("{}")
    (tmp_path / "text.py").touch()
    before = config.experimental.tensor_float_32_execution_enabled()
    config.experimental.enable_tensor_float_32_execution(True)
    try:
        in_this_process(tmp_path, monkeypatch)
        assert not config.experimental.tensor_float_32_execution_enabled()
    finally:
        config.experimental.enable_tensor_float_32_execution(before)
