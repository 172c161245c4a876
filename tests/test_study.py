"""Several processes share a study, any of which may be killed at any time."""

import subprocess
import sys
from pathlib import Path

import pytest

from keras_nmt.errors import InputError
from keras_nmt.tuning import worker
from keras_nmt.tuning.trial import COMPLETE, FAILED, NAN, PRUNED, Outcome, status_of
from tests.soak.killed_trials import objective, open_study

pytestmark = pytest.mark.backend_free

ROOT = Path(__file__).parents[1]


def run(folder, count, *, study=None, do=None):
    study = study or open_study(folder)
    worker.work(study, count, do or objective(), 0.01, lambda line: None)
    return study


def content(study):
    return [(status_of(x), x.value, x.params) for x in study.trials]


# === One process ===


def test_a_study_has_as_many_trials_as_asked_for_and_can_be_extended(tmp_path):
    study = run(tmp_path, 2)
    assert [trial.number for trial in study.trials] == [0, 1]
    before = content(study)
    assert content(run(tmp_path, 2)) == before
    assert content(run(tmp_path, 3))[:2] == before
    assert len(study.trials) == 3


def test_values_depend_on_the_seed_and_the_trials_before(tmp_path):
    first, again, other = (
        run(tmp_path / name, 2, study=open_study(tmp_path / name, seed=seed))
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert content(first) == content(again)
    assert content(first) != content(other)
    assert len({x.params["rate"] for x in first.trials}) == 2


def test_a_trial_that_falls_behind_is_pruned(tmp_path):
    study = run(tmp_path, 12)
    told = {status_of(x) for x in study.trials}
    assert told == {COMPLETE, PRUNED}
    pruned = [x for x in study.trials if status_of(x) == PRUNED]
    complete = [x for x in study.trials if status_of(x) == COMPLETE]
    # Five complete trials and two epochs are the least.
    assert all(x.number >= 5 and x.last_step == 3 for x in pruned)
    assert study.best().value == min(x.value for x in complete)
    assert min(x.value for x in pruned) > study.best().value


def test_failures_have_a_reason_and_end_nothing(tmp_path):
    outcomes = iter([(FAILED, "no"), (NAN, "inf"), (COMPLETE, "")])

    def do(taken):
        status, reason = next(outcomes)
        return Outcome(status, 1.0 if status == COMPLETE else None, reason)

    study = run(tmp_path, 3, do=do)
    told = [(status_of(x), x.user_attrs.get("reason")) for x in study.trials]
    assert told == [(FAILED, "no"), (NAN, "inf"), (COMPLETE, None)]
    assert study.best().number == 2


def test_the_best_bleu_is_the_highest(tmp_path):
    study = open_study(tmp_path, direction="maximize")
    run(tmp_path, 4, study=study, do=lambda x: Outcome(COMPLETE, float(x.number)))
    assert study.best().number == 3


def test_another_study_in_the_folder_is_refused(tmp_path):
    open_study(tmp_path)
    other = {"space": {"search": {"layers": [1, 7]}}, "corpus": "tiny"}
    with pytest.raises(InputError, match=r"with another space\.search\.layers; give"):
        open_study(tmp_path, other)


def test_an_error_leaves_the_trial_to_the_next_who_works(tmp_path):
    """With the values and the epochs that it had."""

    def stop(taken):
        taken.report(1, 0.5)
        raise KeyboardInterrupt

    study = open_study(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, 2, study=study, do=stop)
    (left,) = study.trials
    assert status_of(left) == "running"
    study = run(tmp_path, 2)
    assert len(study.trials) == 2
    assert study.trials[0].params == left.params
    assert study.trials[0].intermediate_values[1] == 0.5
    assert not {"running"} & {status_of(x) for x in study.trials}


def test_a_trial_that_ends_every_process_has_failed_at_the_third(tmp_path):
    def raise_error(taken):
        if taken.number == 0:
            raise MemoryError("too large")
        return Outcome("complete", 1.0)

    for _ in range(worker.TRIES - 1):
        with pytest.raises(MemoryError):
            run(tmp_path, 2, do=raise_error)
    study = run(tmp_path, 2, do=raise_error)
    assert [status_of(x) for x in study.trials] == ["failed", "complete"]
    assert study.trials[0].user_attrs["reason"] == "3 times: MemoryError('too large')"


def test_a_trial_that_another_process_has_is_not_taken(tmp_path):
    one, two = open_study(tmp_path), open_study(tmp_path)
    with one.take(1):
        assert two.take(1) is None
    with two.take(1) as taken:
        assert taken.number == 0


# === The journal ===


@pytest.mark.parametrize("cut", [1, 7, 30])
def test_half_a_line_at_the_end_is_removed_by_the_next_writer(tmp_path, cut):
    before = content(run(tmp_path, 2))
    journal = tmp_path / "journal.log"
    whole = journal.read_bytes()
    journal.write_bytes(whole + whole.splitlines(keepends=True)[-1][:-cut])
    again = run(tmp_path, 3)
    assert content(again)[:2] == before
    assert journal.read_bytes().startswith(whole)
    assert len(again.trials) == 3


def test_a_damaged_journal_is_one_line(tmp_path):
    run(tmp_path, 1)
    journal = tmp_path / "journal.log"
    journal.write_bytes(b"\xff{" + journal.read_bytes())
    with pytest.raises(InputError, match=r"journal\.log: is damaged") as error:
        open_study(tmp_path)
    assert "\n" not in str(error.value)


# === Several processes ===


def test_trials_survive_kills_none_lost_none_doubled(tmp_path):
    """Two workers at a time, each forked from a process without a backend."""
    words = ["-m", "tests.soak.killed_trials", str(tmp_path), "--seconds", "0.1"]
    command = [sys.executable, *words, "--trials", "10", "--kills", "4"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("4 kills; ")
