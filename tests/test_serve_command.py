"""`keras-nmt serve` as a process: a run answers, and SIGTERM ends it cleanly."""

import json
import os
import signal
import subprocess
import sys
import urllib.parse
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest

import keras_nmt
from keras_nmt import __main__ as command
from keras_nmt.errors import InputError
from keras_nmt.run.language_pairs import pair_of, split_given
from keras_nmt.serving.served import load_served
from keras_nmt.text.tokenizer import WordTokenizer
from tests.test_trained import save

REPOSITORY = Path(__file__).parents[1]


def beam(size):
    """Prefers this size to all others."""
    return lambda preferred: {"beam_size": size, "length_penalty": 0.6}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save(tmp_path_factory.mktemp("run"), "transformer")


@pytest.fixture(scope="module")
def served(folder):
    return load_served(folder, None, beam(2), 8)


def test_the_best_translation_is_the_first_of_all(served):
    lines = ["Der Hund läuft.", "Ja."]
    every = served.candidates(lines, alternatives=True)
    assert [len(some) for some in every] == [2, 2]
    assert served.candidates(lines) == [[best] for best, _ in every]
    assert (served.source, served.target) == ("de", "en")


def test_a_served_run_translates_as_the_run_does(served, folder):
    run, search = keras_nmt.load(folder), keras_nmt.BeamSearch(2, 0.6, n_best=2)
    lines = ["Der Hund läuft.", "Ja."]
    assert served.candidates(lines, alternatives=True) == run.candidates(lines, search)


def test_the_log_holds_nothing_of_what_clients_send(folder, caplog):
    system = load_served(folder, None, beam(2), 8)
    lines = ["DER HUND LÄUFT.", "der hund " * 99]
    plain = system.candidates([line.lower() for line in lines])
    system.translator.respell = str.lower
    assert system.candidates(lines) == plain
    assert len(system.attention(lines)) == 2
    assert caplog.messages == []
    # Who translates in Python is told.
    system.translator.translate(lines)
    respelled, cut = caplog.messages
    assert "line 1 as 'der hund läuft.'" in respelled
    assert "line 2" in cut


@pytest.mark.parametrize(
    ("pair", "announced"),
    [(("deu", "en_GB"), ("de", "en-GB")), (("zh_Hans", "pt_br"), ("zh-Hans", "pt-BR"))],
)
def test_codes_are_told_as_other_programs_write_them(folder, pair, announced):
    system = load_served(folder, pair, beam(1), 8)
    assert (system.source, system.target) == announced


def test_attention_is_of_words_and_sums_to_at_most_one(served):
    (found,) = served.attention(["Der Hund läuft."])
    assert found["source"] == ["der", "hund", "läuft", "."]
    assert len(found["weights"]) == len(found["target"])
    for row in found["weights"]:
        assert len(row) == 4
        assert 0 < sum(row) <= 1.001
    assert served.about()["attention"]


def test_a_system_without_attention_says_so(tmp_path):
    system = load_served(save(tmp_path, "rnn_none"), None, beam(1), 8)
    assert not system.has_attention


def test_it_serves_and_sigterm_ends_it_with_exit_code_0(folder):
    options = "--port", "0", "--beam-size", "1"
    process = subprocess.Popen(
        [sys.executable, "-m", "keras_nmt", "serve", folder, *options],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline().startswith("de-en: ")
        address = process.stdout.readline().split()[0]
        fields = {"q": "Der Hund läuft.", "source": "auto", "target": "en"}
        data = urllib.parse.urlencode(fields).encode()
        with urllib.request.urlopen(f"{address}/translate", data, timeout=60) as answer:
            found = json.load(answer)
        assert found["translatedText"].startswith("Dog runs the")
        assert found["detectedLanguage"] == {"language": "de", "confidence": 100}
        process.send_signal(signal.SIGTERM)
        out, errors = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert (process.returncode, out, errors) == (0, "stopped\n", "")


@pytest.mark.backend_free
@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "nothing to serve"),
        (["run", "--port", "70000"], "--port 70000: give a number from 0 to 65535"),
        (["run", "--queue", "0"], "--queue 0: give at least 1"),
        (["run", "--time-limit", "inf"], "--time-limit inf: give at least 1"),
        (["README.md", "--port", "0"], "README.md: is a file"),
        (["no_such_run", "--port", "0"], "no_such_run"),
        (["run", "--port", "0", "--beam-size", "0"], "beam size must be"),
    ],
)
def test_wrong_options_are_one_line(words, message, capsys):
    with pytest.raises(SystemExit) as end:
        command.main(["serve", *words])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


@pytest.mark.backend_free
def test_languages_are_given_before_a_folder():
    assert split_given("de-en=my=run") == (("de", "en"), "my=run")
    assert split_given("zh_Hans-pt-BR=x") == (("zh_Hans", "pt-BR"), "x")
    assert split_given("en-pt-BR=x") == (("en", "pt-BR"), "x")
    assert split_given("pt-BR-en=x") == (("pt-BR", "en"), "x")
    assert split_given("de-en-GB=x") == (("de", "en-GB"), "x")
    for plain in ("my-run", "a=b", "xq-zz=run", "de-en"):
        assert split_given(plain) == (None, plain)


@pytest.mark.backend_free
@pytest.mark.parametrize(
    ("name", "pair"),
    [("news-fr-en", ("fr", "en")), ("captions-fra-deu", ("fra", "deu"))],
)
def test_languages_are_read_from_a_name_where_the_tokenizers_know_none(
    name, pair, tmp_path
):
    side = SimpleNamespace(tokenizer=WordTokenizer("xx"))
    translator = SimpleNamespace(source=side, target=side)
    assert pair_of(tmp_path / name, translator) == pair
    with pytest.raises(InputError, match=r"such as de-en=.*plain"):
        pair_of(tmp_path / "plain", translator)
