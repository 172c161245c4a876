"""`keras-nmt tune` through its real entry point, with recipes shrunken to seconds."""

import csv
from pathlib import Path
from types import SimpleNamespace

import pytest

from keras_nmt.__main__ import main
from keras_nmt.corpora import captions
from keras_nmt.errors import InputError
from keras_nmt.recipes.own import RECIPES
from keras_nmt.run.runs import Run, load_runs
from keras_nmt.train import train_prepared
from keras_nmt.training.lock import one_writer
from keras_nmt.training.selection import Selection
from keras_nmt.tuning import study as studies
from keras_nmt.tuning import training
from keras_nmt.tuning import trial as trials
from keras_nmt.tuning.pruning import EpochWatch
from keras_nmt.tuning.space import read_space
from tests.test_train_command import be_small

SPACE = """
base = "transformer"
epochs = 2

[search]
dropout = [0.0, 0.3]
learning_rate = { low = 1e-3, high = 1e-2, log = true }

[pruning]
startup_trials = 1
warmup_epochs = 0
"""


@pytest.fixture(autouse=True)
def _small(monkeypatch, tmp_path):
    be_small(monkeypatch, tmp_path)
    Path("tiny.toml").write_text(SPACE, encoding="utf-8")


def told(capsys, *words):
    """The exit code of a command, and what it wrote to stderr."""
    with pytest.raises(SystemExit) as ended:
        main(["tune", *words])
    return ended.value.code, capsys.readouterr().err


def table(path):
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.backend_free
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["tiny.toml"], "--trials; see"),
        (["tiny.toml", "--trials", "0"], "--trials 0: give a whole number from 1"),
        (["absent.toml", "--trials", "1"], "absent.toml: No such file"),
        (["tiny.toml", "--trials", "1", "--study", "tiny.toml"], "is a file; name a"),
    ],
)
def test_wrong_words_are_one_line(words, said, capsys):
    code, line = told(capsys, *words)
    assert code == 2
    assert said in line
    assert line.count("\n") == 1


def test_trials_are_runs_with_a_table_and_figures(monkeypatch, capsys):
    """The second is worse by force and pruned; the third was interrupted."""

    def prune(self):
        return self.number == 1

    trained = []

    def interrupted(recipe, prepared, run, **options):
        trained.append(recipe.name)
        if trained == ["tiny-000", "tiny-001", "tiny-002"]:
            raise KeyboardInterrupt("stopped")
        return train_prepared(recipe, prepared, run, **options)

    monkeypatch.setattr(trials.Taken, "should_prune", prune)
    monkeypatch.setattr(training, "train_prepared", interrupted)
    words = ["tiny.toml", "--trials", "3", "--study", "here"]
    code, _ = told(capsys, *words)
    assert code == 130
    main(["tune", *words])
    assert trained == ["tiny-000", "tiny-001", "tiny-002", "tiny-002"]
    said = capsys.readouterr().out
    assert "3 trials: 2 complete, 1 pruned" in said

    runs = load_runs("here/runs")
    assert [run.recipe for run in runs] == ["tiny-000", "tiny-001", "tiny-002"]
    assert [run.status for run in runs] == ["complete", "pruned", "complete"]
    assert runs[1].reason.startswith("after epoch 1 its best validation loss, ")
    assert [len(run.epochs) for run in runs] == [2, 1, 2]

    rows = table("here/trials.csv")
    assert [row["status"] for row in rows] == ["complete", "pruned", "complete"]
    for row, run in zip(rows, runs, strict=True):
        losses = [epoch["val_loss"] for epoch in run.epochs]
        assert float(row["value"]) == min(losses)
        assert float(row["dropout"]) == run.config["dropout"]
    assert Path("here/history.png").stat().st_size > 1000

    before = {p: p.read_bytes() for p in Path("here").glob("*.*") if p.is_file()}
    main(["tune", *words])  # all is done: it writes the same once more
    for path, content in before.items():
        if path.suffix != ".lock":
            assert path.read_bytes() == content, path

    code, line = told(capsys, *words, "--seed", "1")
    assert code == 2
    assert "here: holds a study with another seed; give another --study" in line

    capsys.readouterr()
    main(["train", "here/best.toml", "--epochs", "1", "--out", "best"])
    best = min((rows[0], rows[2]), key=lambda row: float(row["value"]))
    run = Run(Path("best"))
    assert (run.status, run.recipe) == ("complete", "tiny_tuned")
    assert run.config["learning_rate"] == float(best["learning_rate"])


@pytest.mark.backend_free
def test_a_trial_that_cannot_be_trained_is_told_with_options_of_tune(capsys):
    words = ["tiny.toml", "--trials", "1", "--study", "here"]
    run = Run(training.trial_folder(Path("here"), "captions", "tiny", 0, 0))
    with one_writer(run.lock_file):
        code, line = told(capsys, *words)
    assert code == 2
    assert line.endswith("is writing there; wait for it, or give another --study\n")
    run.scores_file.write_text("{}")
    code, line = told(capsys, *words)
    assert code == 2
    assert "another --study, or remove that folder to train the trial again" in line


@pytest.mark.backend_free
def test_a_trial_whose_text_cannot_be_prepared_fails_alone(monkeypatch, tmp_path):
    def refused(corpus, **options):
        raise InputError("subword_vocabulary_size 60: set it above 3500")

    monkeypatch.setattr(training, "prepare", refused)
    space = read_space(Path("tiny.toml"), RECIPES)
    objective = training.TrainedTrial(space, captions.load(), tmp_path, seed=0)
    values = {"dropout": 0.3, "learning_rate": 1e-3}
    found = objective(SimpleNamespace(number=0, values=values))
    reason = "subword_vocabulary_size 60: set it above 3500"
    assert found == trials.Outcome(trials.FAILED, reason=reason)


@pytest.mark.backend_free
def test_a_study_by_bleu_keeps_its_tokenizer(tmp_path):
    words = 'epochs = 2\nbest_by = "bleu"\nvalidation_bleu_every = 1'
    Path("tiny.toml").write_text(SPACE.replace("epochs = 2", words), encoding="utf-8")
    space, corpus = read_space(Path("tiny.toml"), RECIPES), captions.load()
    training.open_study(tmp_path / "s", space, corpus, 0, "char")
    with pytest.raises(InputError, match="holds a study with another tokenize"):
        training.open_study(tmp_path / "s", space, corpus, 0)


@pytest.mark.backend_free
def test_importances_tell_the_field_that_matters(tmp_path):
    from keras_nmt.tuning.ranges import Interval
    from keras_nmt.tuning.tables import importances
    from keras_nmt.tuning.worker import work

    ranges = {"matters": Interval(0.0, 1.0), "not": Interval(0.0, 1.0)}
    study = studies.SharedStudy(tmp_path / "s", {}, ranges)
    assert importances(study) == {}
    work(
        study,
        8,
        lambda x: trials.Outcome("complete", x.values["matters"]),
        say=lambda line: None,
    )
    found = importances(study)
    assert sum(found.values()) == pytest.approx(1)
    assert found["matters"] > 0.8


@pytest.mark.backend_free
def test_the_last_epoch_and_unmeasured_epochs_prune_nothing():
    class Stub:
        def __init__(self):
            self.reported, self.asked = [], 0

        def report(self, epoch, value):
            self.reported.append((epoch, value))

        def should_prune(self):
            self.asked += 1
            return True

    stub = Stub()
    watch = EpochWatch(stub, Selection("bleu"), epochs=3)
    rows = [
        {"epoch": 1, "val_bleu": None},
        {"epoch": 2, "val_bleu": 7.5},
        {"epoch": 3, "val_bleu": 8.0},
    ]
    assert watch([]) is None
    reason = watch(rows[:2])
    assert "after epoch 2 its best validation BLEU, 7.5000, was worse" in reason
    assert watch(rows[:2]) == reason
    assert stub.asked == 1
    assert watch(rows) is None
    assert set(stub.reported) == {(2, 7.5), (3, 8.0)}
