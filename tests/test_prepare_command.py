"""`keras-nmt prepare` through its real entry point."""

import shlex

import pytest

from keras_nmt.__main__ import main

pytestmark = pytest.mark.backend_free


@pytest.fixture
def told(capsys):
    """A function that runs the command; gives exit code, stdout and stderr."""

    def told(*words):
        code = 0
        try:
            main(["prepare", *map(str, words)])
        except SystemExit as ended:
            code = ended.code
        return code, *capsys.readouterr()

    return told


def test_a_table_is_checked_and_cleaned_to_a_folder(told, tmp_path):
    path = tmp_path / "toy.csv"
    rows = "".join(f"Satz {n}.,Sentence {n}.\n" for n in range(30))
    path.write_text(f"fr,en\n{rows}OK,OK\n")
    out = tmp_path / "out"
    words = ("--corpus", path, "--split", 5, "--check", "--clean", out)
    code, shown, _ = told(*words)
    assert code == 0
    assert "corpus toy: from fr into en" in shown
    assert "train: 20 of 21 pairs kept; dropped: 1 copy" in shown
    command = f"--corpus {out} --source-language fr --target-language en"
    assert shown.rstrip().endswith(f"keras-nmt train transformer {command}")
    assert {x.name for x in out.iterdir()} == {
        *(f"{part}.{x}" for part in ("train", "val", "test") for x in ("fr", "en")),
        "dropped.tsv",
    }
    code, shown, _ = told(*command.split(), "--check")
    assert code == 0
    assert "test: 5 pairs" in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--corpus", "x"), "say what to do: --check, --clean OUT, or --recipe"),
        (("--recipe", "transformer"), "--recipe and --out go together"),
        (("--processes", "0"), "--processes 0: give at least 1"),
        (("--check",), "--train-source and --train-target, or --corpus"),
        (("--clean", "o", "--recipe", "transformer", "--out", "p"), "second command"),
        (
            ("--recipe", "transformer", "--out", "p", "--max-ratio", "2"),
            "--max-ratio goes with --check or --clean",
        ),
        (("--check", "--set", "epochs=2"), "--set goes with --recipe and --out"),
        (("--check", "--restart"), "--restart goes with --recipe and --out"),
        (("--check", "--corpus", "nowhere"), "unknown corpus 'nowhere'"),
        (("--check", "--corpus", "captions"), "give text of yours by --corpus"),
        (("--check", "--corpus", "x", "--max-ratio", "nan"), "give at least 1"),
        (("--check", "--corpus", "x", "--max-characters", "0"), "give at least 1"),
    ],
)
def test_wrong_words_are_one_line(told, words, said):
    code, _, line = told(*words)
    assert code == 2
    assert said in line
    assert line.count("\n") == 1


def test_the_command_that_is_printed_may_be_pasted(told, tmp_path):
    (tmp_path / "toy.csv").write_text("fr,en\nOui,Yes\nNon,No\n")
    out = tmp_path / "my text"
    _, shown, _ = told("--corpus", tmp_path / "toy.csv", "--clean", out)
    words = shlex.split(shown.splitlines()[-1].removeprefix("train on it: "))
    assert words[3:5] == ["--corpus", str(out)]
