"""The command line over a finished run: in a pipe, in files, and with wrong input."""

import contextlib
import functools
import inspect
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from keras_nmt import __main__ as command
from keras_nmt.commands import translate
from keras_nmt.evaluation.scores import for_screen, score
from keras_nmt.run import translator as trained
from tests.test_reporting import ROWS, make_run
from tests.test_trained import LINES, save

REPOSITORY = Path(__file__).parents[1]
SHORT = ["Ja.", "", "Der Hund läuft.", "Wer?"]
PATIENCE = 300
"""Seconds until a process that should have ended is stopped."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """By the name of its system, a complete run."""

    def made(name):
        return save(make_run(tmp_path_factory.mktemp("runs"), recipe=name), name)

    return functools.cache(made)


load_once = functools.cache(trained.load)


@pytest.fixture(autouse=True)
def _each_run_is_compiled_once(monkeypatch):
    monkeypatch.setattr(trained, "load", load_once)


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    """Runs the command on lines of input; gives its standard output.

    What was told on standard error is kept as `run.stderr`.
    """

    def run(*arguments, lines=SHORT):
        path = tmp_path / "stdin"
        text = "".join(f"{line}\n" for line in lines)
        path.write_bytes(text.encode(errors="surrogateescape"))
        with path.open() as file:
            monkeypatch.setattr(sys, "stdin", file)
            command.main([*map(str, arguments)])
        out, run.stderr = capsys.readouterr()
        return out

    return run


# === Translating ===


def test_a_line_out_for_every_line_in(runs, run):
    folder = runs("encoder_only")
    expected = load_once(folder).translate(LINES)
    assert run("translate", folder, lines=LINES).split("\n") == [*expected, ""]


@pytest.mark.backend_free
def test_nothing_in_nothing_out(runs, run):
    assert run("translate", runs("rnn_none"), lines=[]) == ""


def test_candidates_with_their_sentence_and_score(runs, run):
    options = ("--n-best", 2, "--beam-size", 3, "--length-penalty", 1, "--scores")
    rows = run("translate", runs("rnn_none"), *options).split("\n")[:-1]
    numbers, scores, texts = zip(*(row.split("\t") for row in rows), strict=True)
    assert "".join(numbers) == "11223344"
    assert [scores[place] + texts[place] for place in (2, 3)] == ["", ""], "blank"
    for place in (0, 4, 6):
        assert 0 > float(scores[place]) >= float(scores[place + 1])
        assert texts[place] != texts[place + 1]


@pytest.mark.backend_free
def test_a_beam_of_one_is_greedy_and_can_be_scored(runs, run):
    plain = run("translate", runs("rnn_none"), "--beam-size", 1)
    expected = load_once(runs("rnn_none")).translate(SHORT)
    assert plain.split("\n") == [*expected, ""]
    scored = run("translate", runs("rnn_none"), "--beam-size", 1, "--scores")
    assert [row.partition("\t")[2] for row in scored.split("\n")] == [*expected, ""]


@pytest.mark.backend_free
def test_samples_follow_the_seed_and_not_how_the_lines_came(runs, run, monkeypatch):
    lines = ["Der Hund läuft."] * 4
    sample = functools.partial(
        run, "translate", runs("rnn_none"), "--temperature", 2, lines=lines
    )
    first = sample("--seed", 1)
    assert len(set(first.split("\n")[:-1])) > 1
    monkeypatch.setattr(translate.searching, "CHUNK", 1)
    assert sample("--seed", 1) == first


@pytest.mark.backend_free
def test_lines_of_later_chunks_are_named_by_their_number_in_the_file(
    runs, run, monkeypatch, capsys, caplog
):
    monkeypatch.setattr(translate.searching, "CHUNK", 2)
    lines = ["Ja.", "Ja.", "Ja.", "hund " * 50, "Ja.", "gr\udcfcn", "Ja."]
    with pytest.raises(SystemExit) as stop:
        run("translate", runs("encoder_only"), lines=lines)
    out, error = capsys.readouterr()
    assert stop.value.code == 2
    assert out.count("\n") == 5, "the lines before it are translated"
    (record,) = caplog.records
    assert "10 tokens of a sentence at most: line 4 (" in record.getMessage()
    assert "error: stdin, line 6, column 3: byte 0xfc is not UTF-8" in error


# === Looking in ===


@pytest.mark.backend_free
def test_attention_is_drawn_beside_the_translations(runs, run, tmp_path):
    picture = tmp_path / "attention.png"
    folder = runs("rnn_cosine")
    options = ("--beam-size", 1, "--attention", picture)
    out = run("translate", folder, *options, lines=["Ja.", ""])
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert out.split("\n") == [*load_once(folder).translate(["Ja.", ""]), ""]


@pytest.mark.backend_free
@pytest.mark.parametrize("lines", [[""], ["Der Hund läuft."]])
def test_a_picture_of_nothing_is_not_written(lines, runs, run, tmp_path, monkeypatch):
    monkeypatch.setattr(translate, "LONGEST_DRAWN", 4)
    picture = tmp_path / "attention.svg"
    options = ("--beam-size", 1, "--attention", picture)
    run("translate", runs("rnn_cosine"), *options, lines=lines)
    assert not picture.exists()
    assert "not written" in run.stderr


# === Scoring ===


@pytest.mark.backend_free
def test_evaluate_scores_two_files(runs, run, tmp_path):
    source, reference = tmp_path / "source", tmp_path / "reference"
    source.write_text("Ja.\nDer Hund läuft.\n", "utf-8")
    reference.write_text("The dog.\nThe dog runs.\n", "utf-8")
    folder = runs("encoder_only")
    out = run("evaluate", folder, "--source", source, "--reference", reference)
    said = load_once(folder).translate(["Ja.", "Der Hund läuft."])
    assert out == for_screen(score(said, ["The dog.", "The dog runs."])) + "\n"
    for metric in ("bleu", "chrf", "ter"):
        assert out.count(f"\n{metric} ") == 2
    assert out.count("nrefs:1|") == 6


@pytest.mark.backend_free
def test_evaluate_takes_several_references_and_a_tokenizer(runs, run, tmp_path):
    paths = [tmp_path / name for name in ("source", "one", "two")]
    texts = (
        ["Ja.", "Der Hund läuft."],
        ["A dog.", "Yes."],
        ["The dog.", "The dog runs."],
    )
    for path, lines in zip(paths, texts, strict=True):
        path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    folder = runs("encoder_only")
    one, two = (("--reference", path) for path in paths[1:])
    given = ("--source", paths[0], *one, *two, "--tokenize", "char")
    said = load_once(folder).translate(texts[0])
    expected = score(said, texts[1], other_references=[texts[2]], tokenize="char")
    assert run("evaluate", folder, *given) == for_screen(expected) + "\n"
    assert for_screen(expected).count("nrefs:2|") == 6
    assert for_screen(expected).count("|tok:char|") == 2


@pytest.mark.backend_free
def test_evaluate_scores_the_test_set_of_the_run(runs, run):
    folder = runs("encoder_only")
    said = load_once(folder).translate([source for source, *_ in ROWS])
    expected = for_screen(score(said, [reference for _, reference, _ in ROWS]))
    assert run("evaluate", folder) == expected + "\n"


# === What cannot be done ===


def partial(path):
    folder = save(make_run(path, recipe="encoder_only"), "encoder_only")
    (folder / "scores.json").unlink()
    return folder


def write(path, name, text):
    (path / name).write_text(text, "utf-8")
    return path / name


BAD = {
    "no folder": ("rnn_none", lambda path: [path / "no"], "translator.json"),
    "beam of none": ("rnn_none", lambda path: ["--beam-size", 0], "beam size"),
    "too many": ("rnn_none", lambda path: ["--n-best", 5], "the beam size, 4"),
    "two of one": (
        "rnn_none",
        lambda path: ["--n-best", 2, "--beam-size", 1],
        "the beam size, 1",
    ),
    "none of one": (
        "rnn_none",
        lambda path: ["--n-best", 0, "--beam-size", 1],
        "n-best",
    ),
    "length penalty": (
        "rnn_none",
        lambda path: ["--length-penalty", "-1"],
        "length penalty",
    ),
    "no warmth": ("rnn_none", lambda path: ["--temperature", 0], "temperature"),
    "two searches": (
        "rnn_none",
        lambda path: ["--top-k", 2, "--length-penalty", 1],
        "--length-penalty is of beam search, and --top-k samples; leave out one",
    ),
    "seed": ("rnn_none", lambda path: ["--top-k", 2, "--seed", "-1"], "seed"),
    "batch": ("rnn_none", lambda path: ["--batch-size", 0], "--batch-size 0"),
    "no attention": (
        "rnn_none",
        lambda path: ["--attention", path / "a.png"],
        "no attention",
    ),
    "nowhere to draw": (
        "rnn_cosine",
        lambda path: ["--attention", path / "no" / "a.png"],
        "no such folder",
    ),
    "no picture": (
        "rnn_cosine",
        lambda path: ["--attention", path / "a.txt"],
        ".png",
    ),
    "candidates of one pass": (
        "encoder_only",
        lambda path: ["--n-best", 2],
        "--n-best",
    ),
    "samples of one pass": ("encoder_only", lambda path: ["--top-p", 0.5], "sampling"),
}


@pytest.mark.backend_free
@pytest.mark.parametrize("case", BAD)
def test_bad_input_of_translate_is_one_line(case, runs, run, tmp_path, capsys):
    name, arguments, named = BAD[case]
    found = arguments(tmp_path)
    folder = [] if isinstance(found[0], Path) else [runs(name)]
    check_refused(run, ["translate", *folder, *found], named, capsys)


BAD_TEST_SETS = {
    "partial": (lambda path: [partial(path)], "partial"),
    "no run": (lambda path: [path / "no"], "no"),
    "one side": (
        lambda path: [path, "--source", write(path, "a", "Ja.\n")],
        "--reference go together",
    ),
    "unequal": (
        lambda path: [
            path,
            *("--source", write(path, "a", "Ja.\n")),
            *("--reference", write(path, "b", "Yes.\nNo.\n")),
        ],
        "1 lines but",
    ),
    "second reference unequal": (
        lambda path: [
            path,
            *("--source", write(path, "a", "Ja.\n")),
            *("--reference", path / "a"),
            *("--reference", write(path, "b", "Yes.\nNo.\n")),
        ],
        "b 2; give one reference a source line",
    ),
    "two sources": (
        lambda path: [path, "--source", path / "a", "--source", path / "b"],
        "--source is given twice; give it once",
    ),
    "unknown tokenizer": (
        lambda path: [path, "--tokenize", "13b"],
        "did you mean 13a?",
    ),
    "no file": (
        lambda path: [path, "--source", path / "a", "--reference", path / "b"],
        "no such file",
    ),
}


@pytest.mark.backend_free
@pytest.mark.parametrize("case", BAD_TEST_SETS)
def test_bad_input_of_evaluate_is_one_line(case, run, tmp_path, capsys):
    arguments, named = BAD_TEST_SETS[case]
    check_refused(run, ["evaluate", *arguments(tmp_path)], named, capsys)


def check_refused(run, arguments, named, capsys):
    with pytest.raises(SystemExit) as stop:
        run(*arguments)
    out, error = capsys.readouterr()
    assert stop.value.code == 2
    assert out == ""
    assert len(error.strip().split("\n")) == 1
    assert error.startswith("error: ")
    assert named in error


# === In a pipe ===


class Echo:
    """In the place of a trained translator: says what it is given."""

    source = SimpleNamespace(
        encode=lambda line: [], vocabulary=SimpleNamespace(tokens=())
    )

    def candidates(self, lines, *args, **options):
        return [[SimpleNamespace(text=line, score=None)] for line in lines]


ECHO = f"""
import sys
from types import SimpleNamespace
from keras_nmt import __main__ as command

{inspect.getsource(Echo)}
from keras_nmt.commands import searching
searching.load = lambda options: (Echo(), None)
command.main()
"""
"""The command without Keras, which takes long to import."""


@contextlib.contextmanager
def pipe(*arguments):
    """Python as a process of its own, its three streams open."""
    words = [sys.executable, *map(str, arguments)]
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(words, cwd=REPOSITORY, **streams) as process:
        timer = threading.Timer(PATIENCE, process.kill)
        timer.start()
        try:
            yield process
        finally:
            timer.cancel()
            process.kill()


def write_line(process, line):
    process.stdin.write(line + b"\n")
    process.stdin.flush()


def test_a_slow_writer_is_answered_until_a_line_is_wrong(runs):
    """The writer never closes its end: each answer, and the end, come before.

    The system is the one with the most parts: a process of its own shows whether
    loading imports them all.
    """
    arguments = "translate", runs("rnn_cosine"), "--beam-size", 1
    with pipe("-m", "keras_nmt", *arguments) as process:
        for line in ("Der Hund läuft.", "Ja."):
            write_line(process, line.encode())
            (expected,) = load_once(runs("rnn_cosine")).translate([line])
            assert process.stdout.readline() == expected.encode() + b"\n"
        write_line(process, b"gr\xfcn")
        assert process.wait(PATIENCE) == 2
        error = process.stderr.read().decode()
    *of_libraries, told = error.splitlines()
    assert told.startswith("error: stdin, line 3, column 3: byte 0xfc is not UTF-8")
    assert not any("Traceback" in line for line in of_libraries)


@pytest.mark.backend_free
def test_a_closed_pipe_ends_it_in_silence():
    with pipe("-c", ECHO, "translate", "run") as process:
        write_line(process, b"Ja.")
        assert process.stdout.readline()
        process.stdout.close()
        write_line(process, b"Ja.")
        assert process.wait(PATIENCE) == 0
        assert process.stderr.read() == b""


@pytest.mark.backend_free
def test_a_fault_ends_it_though_the_writer_goes_on():
    """Python dies at its end of a thread that still waits at `sys.stdin`."""
    with pipe("-m", "keras_nmt", "translate", "run", "--batch-size", 0) as process:
        assert process.wait(PATIENCE) == 2
        assert process.stderr.read().startswith(b"error: --batch-size 0")
