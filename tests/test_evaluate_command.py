"""`evaluate` of large texts: files that grow, parts, and their scores."""

import functools
import json
import os
import shutil
import threading
import unicodedata

import numpy as np
import pytest

from keras_nmt.__main__ import main
from keras_nmt.commands import searching
from keras_nmt.evaluation import scores, sentence_statistics
from keras_nmt.evaluation.scores import score
from keras_nmt.run import model_folder
from keras_nmt.run import translator as trained
from keras_nmt.run.growing_file import GrowingFile
from tests.test_reporting import ROWS, make_run
from tests.test_trained import save

pytestmark = pytest.mark.backend_free

SOURCE = ["Ja.", "Der Hund läuft.", "", "Wer?", "Ja. Ja.", "Der Hund.", "Nein."]
REFERENCE = ["Yes.", "The dog runs.", "", "Who?", "Yes. Yes.", "The dog.", "No."]


class Killed(BaseException):
    """As sudden as a kill."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = make_run(tmp_path_factory.mktemp("runs"), recipe="encoder_only")
    return save(made, "encoder_only")


@pytest.fixture
def evaluate(folder, tmp_path, monkeypatch, capsys):
    """Runs the command on the text in chunks of two lines; gives what it prints."""
    monkeypatch.setattr(searching, "CHUNK", 2)
    monkeypatch.setattr(trained, "load", functools.cache(trained.load))
    for name, lines in (("source", SOURCE), ("reference", REFERENCE)):
        text = "".join(f"{line}\n" for line in lines)
        (tmp_path / name).write_text(text, "utf-8")

    def evaluate(*options):
        files = [f"--{x}={tmp_path / x}" for x in ("source", "reference")]
        main(["evaluate", str(folder), *files, *map(str, options)])
        return capsys.readouterr().out

    return evaluate


def test_scores_are_those_of_the_whole_text_however_it_was_translated(
    evaluate, tmp_path, monkeypatch
):
    whole, out = evaluate(), tmp_path / "out"
    write, written = GrowingFile.write, []

    def killed(self, text):
        written.append(text)
        if len(written) == 3:
            raise Killed
        write(self, text)

    with monkeypatch.context() as patch:
        patch.setattr(GrowingFile, "write", killed)
        with pytest.raises(Killed):
            evaluate("--out", out)
    assert not out.exists()
    with monkeypatch.context() as patch:  # and while it is scored
        patch.setattr(scores, "SentenceStatistics", None)
        with pytest.raises(TypeError):
            evaluate("--out", out)
    assert evaluate("--out", out) == whole
    assert out.read_text("utf-8").startswith("".join(written[:2]))
    parts = [tmp_path / f"part{k}" for k in (1, 2, 3)]
    for k, part in enumerate(parts, 1):
        said = evaluate("--out", part, "--shard", f"{k}/3")
        assert said == f"{part}: part {k}/3; --hypotheses scores all parts\n"
    assert b"".join(x.read_bytes() for x in parts) == out.read_bytes()
    assert evaluate("--hypotheses", *parts) == whole
    decomposed = unicodedata.normalize("NFD", out.read_text("utf-8"))
    parts[0].write_text(f"\ufeff{decomposed}", encoding="utf-8")
    assert evaluate("--hypotheses", parts[0]) == whole
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(out.read_bytes(),))
    writer.start()
    assert evaluate("--hypotheses", pipe) == whole
    writer.join()


def test_results_of_other_weights_are_not_gone_on_with(
    evaluate, folder, tmp_path, monkeypatch, capsys
):
    def killed(self):
        raise Killed

    monkeypatch.setattr(GrowingFile, "finish", killed)
    with pytest.raises(Killed):
        evaluate("--out", tmp_path / "out")
    other = [tmp_path / "source"]
    monkeypatch.setattr(model_folder, "files_to_load", lambda folder: other)
    with pytest.raises(SystemExit):
        evaluate("--out", tmp_path / "out")
    assert "holds results of another weights" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--shard", "1/2"], "--shard needs --out FILE"),
        (["--hypotheses", "a", "--out", "b"], "--hypotheses are scored as they are"),
        (["--hypotheses", "a", "--shard", "1/2"], "as they are; leave out --shard"),
        (
            ["--hypotheses", "a", "--engine", "ctranslate2", "--beam-size", "2"],
            "as they are; leave out --beam-size, --engine",
        ),
        (
            ["--hypotheses", "a", "--temperature", "2", "--seed", "0", "--as-written"],
            "leave out --temperature, --seed, --as-written",
        ),
        (["--hypotheses", "a", "."], ".: is a folder; name files of translations, and"),
        (["--hypotheses", "no"], "no: no such file; check the path"),
        (["--hypotheses", "source"], "7 lines but 5 hypotheses; give all parts"),
    ],
)
def test_what_does_not_go_together_is_refused(
    options, said, evaluate, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    if options == ["--hypotheses", "source"]:
        (tmp_path / "short").write_text("a\n" * 5)
        options = ["--hypotheses", "short"]
    with pytest.raises(SystemExit) as stop:
        evaluate(*options)
    assert stop.value.code == 2
    assert said in capsys.readouterr().err


def told(capsys, *words):
    """The one line of a command that is refused."""
    with pytest.raises(SystemExit) as stop:
        main([*map(str, words)])
    assert stop.value.code == 2
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    return line


def test_hypotheses_are_scored_without_weights(
    evaluate, folder, tmp_path, monkeypatch, capsys
):
    """As in a fresh clone, and for a run without scores by its translator.json."""
    for name in ("own", "given"):
        count = len(ROWS) if name == "own" else len(SOURCE)
        (tmp_path / name).write_text("The dog.\n" * count, "utf-8")
    main(["evaluate", str(folder), "--hypotheses", str(tmp_path / "own")])
    own, given = capsys.readouterr().out, evaluate("--hypotheses", tmp_path / "given")
    clone = tmp_path / "clone"
    shutil.copytree(folder, clone)
    shutil.rmtree(clone / "checkpoints")
    monkeypatch.setattr(searching, "load", pytest.fail)
    main(["evaluate", str(clone), "--hypotheses", str(tmp_path / "own")])
    assert capsys.readouterr().out == own
    files = [f"--{x}={tmp_path / x}" for x in ("source", "reference")]
    words = [*files, "--hypotheses", str(tmp_path / "given")]
    main(["evaluate", str(clone), *words])
    assert capsys.readouterr().out == given
    shutil.copytree(folder / "checkpoints", clone / "checkpoints")
    (clone / "checkpoints/best.weights.h5").unlink()
    (clone / "scores.json").unlink()
    main(["evaluate", str(clone), *words])
    assert capsys.readouterr().out == given
    no_run = told(capsys, "evaluate", tmp_path, *words, "--tokenize=char")
    assert "holds neither a run nor a model; give the folder of one" in no_run


def test_a_run_after_the_hypotheses_is_told_its_place(folder, tmp_path, capsys):
    line = told(capsys, "evaluate", "--hypotheses", tmp_path / "a", folder)
    assert "put RUN_DIR before --hypotheses" in line


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--seed", "0"], "--seed is of sampling; leave it out, or sample by --temp"),
        (["--beam-size", "8"], "in one pass, so that there is one translation a sente"),
        (["--beam-size", "8"], "or sampling; leave out --beam-size\n"),
        (["--length-penalty", "0"], "or sampling; leave out --length-penalty\n"),
        (["--top-k", "2", "--seed", "3"], "or sampling; leave out --top-k, --seed\n"),
    ],
)
@pytest.mark.parametrize("command", ["translate", "evaluate"])
def test_what_the_search_does_not_use_is_refused(
    options, said, command, folder, tmp_path, monkeypatch, capsys
):
    (tmp_path / "lines").write_text("Ja.\n")
    with (tmp_path / "lines").open() as file:
        monkeypatch.setattr("sys.stdin", file)
        assert said in told(capsys, command, folder, *options)


def test_a_beam_of_one_is_what_one_pass_does(evaluate):
    assert evaluate("--beam-size", 1) == evaluate()


def test_an_unfinished_file_of_earlier_versions_goes_on(
    evaluate, tmp_path, monkeypatch
):
    """There `--seed` was 0 where it was not given."""

    def killed(self):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(GrowingFile, "finish", killed)
        with pytest.raises(Killed):
            evaluate("--out", tmp_path / "out")
    job = json.loads((tmp_path / "out.progress").read_text())["job"]
    assert (job["seed"], job["batch_size"], job["as_written"]) == (0, 128, False)
    assert evaluate("--out", tmp_path / "out")


def test_resamples_are_summed_the_same_in_small_blocks(monkeypatch):
    """They are those of one large draw, as sacrebleu makes it."""
    rows = np.random.default_rng(1).integers(0, 50, (23, 4)).astype("float64")
    draws = np.random.default_rng(12345).choice(23, size=(1000, 23))
    expected = rows[draws].sum(axis=1)
    monkeypatch.setattr(sentence_statistics, "HELD", 23 * 2 * 7)
    monkeypatch.setattr(sentence_statistics, "BLOCK", 5)
    monkeypatch.setattr(scores, "CHUNK", 3)
    assert (sentence_statistics.resampled_sums(rows) == expected).all()
    found = score(REFERENCE * 2, SOURCE * 2)
    monkeypatch.undo()
    assert found == score(REFERENCE * 2, SOURCE * 2)
