"""Runs that stop twice, folders of which a part is left, and what is never begun."""

import dataclasses

import pytest

from experiments import recipes
from keras_nmt.errors import InputError
from keras_nmt.run import epoch_log, runs
from keras_nmt.training.states import States
from tests.test_train import read_epochs, shrunken, small_corpus, train_once
from tests.test_unfinished import RECIPE, folder_of, lasting, refusal


@pytest.fixture(scope="module")
def corpus():
    return small_corpus()


@pytest.fixture
def stopped(corpus, tmp_path, monkeypatch):
    """Runs with one whose disk was full when epoch 2 had been logged."""
    save = States.save

    def fail_after_epoch_2(self, meta, arrays):
        if meta["epoch"] == 2:
            raise InputError("no space left on device")
        save(self, meta, arrays)

    with monkeypatch.context() as patch:
        patch.setattr(States, "save", fail_after_epoch_2)
        with pytest.raises(SystemExit):
            train_once(RECIPE, corpus, tmp_path / "stopped", patch)
    return tmp_path / "stopped"


def stop_in_epoch_2(*arguments):
    def stop(self, epoch, logs=None):
        raise MemoryError("as good as a kill")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(epoch_log.EpochLog, "on_epoch_begin", stop)
        with pytest.raises(MemoryError):
            train_once(*arguments)


def test_a_run_does_not_end_before_an_epoch_whose_weights_may_be_the_best(
    stopped, corpus, tmp_path, monkeypatch, capsys
):
    arguments = RECIPE, corpus, stopped, monkeypatch
    assert len(read_epochs(folder_of(stopped))) == 2
    stop_in_epoch_2(*arguments)
    assert "continuing from the end of epoch 1" in capsys.readouterr().out
    line = refusal(capsys, *arguments, "--epochs", "1")
    assert "run of 3 epochs, 2 of them trained, and 1 is fewer" in line
    folder = train_once(*arguments, "--epochs", "2")
    short = dataclasses.replace(RECIPE, epochs=2)
    expected = train_once(short, corpus, tmp_path / "short", monkeypatch)
    assert lasting(folder) == lasting(expected)


@pytest.mark.backend_free
@pytest.mark.parametrize("content", [None, "", "epoch,loss\n", "epoch\n1,2,3\n\n"])
def test_a_log_that_lost_rows_is_written_from_the_state(
    content, stopped, corpus, monkeypatch
):
    file = folder_of(stopped) / runs.EPOCHS
    row = read_epochs(folder_of(stopped))[0]
    file.unlink()
    if content is not None:
        file.write_text(content)
    stop_in_epoch_2(RECIPE, corpus, stopped, monkeypatch)
    assert read_epochs(folder_of(stopped)) == [row]


@pytest.mark.backend_free
def test_a_state_whose_run_is_gone_is_not_continued(
    stopped, corpus, monkeypatch, capsys
):
    """What `git clean -fd` leaves, since checkpoints are ignored."""
    folder = folder_of(stopped)
    for file in folder.iterdir():
        if file.is_file():
            file.unlink()
    line = refusal(capsys, RECIPE, corpus, stopped, monkeypatch)
    assert "holds a run without config.json; restore that file, give" in line
    assert line.endswith("or --restart to replace it")
    assert not (folder / runs.CONFIG).exists()
    folder = train_once(RECIPE, corpus, stopped, monkeypatch, "--restart")
    assert len(read_epochs(folder)) == RECIPE.epochs


@pytest.mark.backend_free
def test_a_training_that_would_end_before_its_first_update_is_refused(
    corpus, tmp_path, monkeypatch, capsys
):
    recipe = shrunken(recipes.ENCODER_ONLY, batch_size=300, epochs=3)
    above = dataclasses.replace(recipe, accumulation=4)
    line = refusal(capsys, above, corpus, tmp_path, monkeypatch)
    assert "accumulation 4 is above the 3 batches of all epochs" in line
    assert line.endswith("lower accumulation, or raise epochs")
    assert not (folder_of(tmp_path) / runs.CONFIG).exists()
    enough = dataclasses.replace(recipe, accumulation=3)
    train_once(enough, corpus, tmp_path, monkeypatch)
    (run,) = runs.load_runs(tmp_path)
    assert run.status == "complete"
