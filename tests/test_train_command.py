"""`keras-nmt train` through its real entry point, with a recipe shrunken to seconds."""

from pathlib import Path

import pytest

from keras_nmt import kernels
from keras_nmt.__main__ import main
from keras_nmt.corpora import captions
from keras_nmt.recipes import own
from keras_nmt.run.runs import Run
from keras_nmt.training import progress
from keras_nmt.training.lock import one_writer
from tests.test_train import shrunken, small_corpus

SMALL_TRANSFORMER = shrunken(
    own.TRANSFORMER,
    max_length=24,
    shapes=((24, 24),),
    subword_vocabulary_size=300,
    num_heads=2,
)
"""Its sizes are those of other modules, too, so that JAX compiles one training step."""


def be_small(monkeypatch, folder):
    """Makes `transformer` and `captions` tiny, and works in a folder."""
    corpus = small_corpus()
    monkeypatch.setitem(own.RECIPES, "transformer", SMALL_TRANSFORMER)
    monkeypatch.setattr(captions, "load", lambda: corpus)
    monkeypatch.chdir(folder)


@pytest.fixture(autouse=True)
def _small(monkeypatch, tmp_path):
    be_small(monkeypatch, tmp_path)


def told(capsys, *words):
    """The exit code of a command, and what it wrote to stderr."""
    with pytest.raises(SystemExit) as ended:
        main(["train", *words])
    return ended.value.code, capsys.readouterr().err


@pytest.mark.backend_free
def test_the_list_has_a_line_for_each_recipe(capsys):
    main(["train", "--list"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(own.RECIPES)
    assert lines[0].endswith(own.TRANSFORMER.about)


@pytest.mark.backend_free
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "name a recipe or a TOML file; --list shows the recipes"),
        (["transfromer"], "did you mean transformer?"),
        (["transformer", "lstm"], "unexpected argument lstm; see"),
        (["absent.toml"], "absent.toml: no such file"),
        (["transformer", "--out", ""], "a value is empty; is a variable of your"),
        (["transformer", "--corpus="], "a value is empty; is a variable of your"),
        (["transformer", "--out", "a_file/run"], "a_file is a file; name a folder"),
        (["transformer", "--runs-dir", "a_file"], "a_file is a file; name a folder"),
        (
            ["transformer", "--out", "a", "--runs-dir", "b"],
            "--out is the run's own folder; leave out --runs-dir",
        ),
        (["transformer", "--set", "droput=0.1"], "did you mean dropout?"),
        (["transformer", "--set", "tokenizer=subwords"], "tokenizer to joint_subwords"),
        (["transformer", "--epochs", "0"], "--epochs 0: give a whole number from 1"),
        (["transformer", "--max-updates", "9"], "or --set epoch_updates=N to count"),
        (
            ["transformer", "--max-updates", "9", "--set", "epoch_updates=4"],
            "give a multiple of the recipe's epoch_updates, 4,",
        ),
        (["transformer", "--set", "epoch_updates=1"], "expected 0, or at least 2"),
        (["transformer", "--corpus", "captoins"], "did you mean captions?"),
    ],
)
def test_wrong_words_are_one_line(words, said, capsys):
    Path("a_file").touch()
    code, line = told(capsys, *words)
    assert code == 2
    assert said in line
    assert line.startswith("error: ")
    assert line.count("\n") == 1


def test_a_file_and_settings_make_a_run_where_it_is_asked_for(tmp_path, capsys):
    """And another recipe is not trained over it."""
    file = tmp_path / "mine.toml"
    fields = 'base = "transformer"\ndropout = 0.2\nepoch_updates = 3\n'
    file.write_text(fields, encoding="utf-8")
    command = ["train", str(file), "--set", "batch_tokens=512", "--out", "here"]
    command += ["--max-updates", "6"]
    main(command)
    run = Run(tmp_path / "here")
    assert (run.status, run.recipe) == ("complete", "mine,batch_tokens=512")
    assert (run.config["dropout"], run.config["batch_tokens"]) == (0.2, 512)
    assert len(run.epochs) == run.config["epochs"] == 2
    assert run.backend == kernels.BACKEND
    assert not (tmp_path / "runs").exists()
    capsys.readouterr()
    main(command)
    assert "already complete" in capsys.readouterr().out
    code, line = told(capsys, "transformer", "--out", "here")
    assert code == 2
    assert "here: holds a run with another batch_tokens, dropout, epoch_updates" in line
    assert line.endswith("; give another --out, or --restart to replace it\n")


@pytest.mark.backend_free
@pytest.mark.parametrize(
    ("words", "folder", "option"),
    [
        (["--out", "here"], "here", "--out"),
        ([], f"runs/captions/transformer/{kernels.BACKEND}-seed0", "--runs-dir"),
    ],
)
def test_a_folder_in_use_is_told_with_the_option_that_gives_another(
    words, folder, option, capsys
):
    run = Run(Path(folder))
    with one_writer(run.lock_file):
        code, line = told(capsys, "transformer", *words)
    assert code == 2
    assert line.endswith(f"is writing there; wait for it, or give another {option}\n")
    run.scores_file.write_text("{}")
    code, line = told(capsys, "transformer", *words)
    assert code == 2
    assert f"restore that file, give another {option}, or --restart to repl" in line


def test_without_out_a_run_is_put_by_corpus_recipe_backend_and_seed(tmp_path):
    main(["train", "transformer", "--seed", "3", "--epochs", "1"])
    folder = tmp_path / "runs/captions/transformer" / f"{kernels.BACKEND}-seed3"
    assert Run(folder).status == "complete"


# === What is shown ===


@pytest.mark.backend_free
def test_loss_and_perplexity_alone_are_shown(capsys):
    bar = progress.Progress()
    bar.set_params({"epochs": 1, "steps": 1, "verbose": 2})
    logs = {"loss": 9.0, "nll": 4.2, "nll_without_sos": 5.0, "perplexity": 66.7}
    logs |= {f"val_{name}": value for name, value in logs.items()}
    bar.on_train_begin()
    bar.on_epoch_begin(0)
    bar.on_train_batch_begin(0)
    bar.on_train_batch_end(0, logs)
    bar.on_epoch_end(0, logs)
    line = capsys.readouterr().out
    names = [word.strip(":") for word in line.split() if word.endswith(":")]
    assert names == ["loss", "ppl", "val_loss", "val_ppl"]
    assert "loss: 4.2000 - ppl: 66.7000" in line
