"""The explanations that need run folders alone: doubled words, BLEU over length."""

import numpy as np
import pytest

from experiments.explanations import length_slope, length_slopes, repetitions
from experiments.explanations.complete_runs import by_recipe
from experiments.explanations.length_slope import resamples, slopes
from experiments.explanations.repetition import doubled_words, repetition_rate
from keras_nmt.errors import InputError
from keras_nmt.evaluation.bleu import bleu, sentence_counts
from keras_nmt.run.file_formats import Translation

pytestmark = pytest.mark.backend_free


class Folder:
    """A run of which only the translations are asked."""

    def __init__(self, hypotheses, references, sources):
        self.translations = [
            Translation(*row)
            for row in zip(sources, references, hypotheses, strict=True)
        ]
        self.scores, self.kept_rows = {}, None
        self.name = "a run"


SOURCES = [" ".join(["wort"] * n) for n in (5, 5, 9, 9, 18, 18)]
REFERENCES = [f"the dog number {n} sees a red house there" for n in range(6)]


def test_doubled_words_are_counted_beside_one_another_only():
    assert doubled_words("a man in a a a boat") == (2, 7)
    assert doubled_words("A a hat hat..") == (3, 6)
    assert doubled_words("") == (0, 0)
    assert repetition_rate(["two two dogs", "a man"]) == pytest.approx(1 / 5)
    assert np.isnan(repetition_rate([""]))


def test_a_row_of_doubled_words_summarises_the_runs_of_a_recipe():
    runs = [Folder([text], ["had had it"], ["ja"]) for text in ("a a", "a b")]
    (row,) = repetitions.repetition_table({("c", "rnn"): runs}).to_dict("records")
    assert row == {
        "corpus": "c",
        "recipe": "rnn",
        "runs": 2,
        "doubled": 0.25,
        "spread": pytest.approx(0.5 / np.sqrt(2)),
        "least": 0.0,
        "greatest": 0.5,
        "references": pytest.approx(1 / 3),
    }


def test_the_slope_is_the_weighted_least_squares_line():
    """Groups of 2, 3 and 1 sentences; NumPy fits the same line."""
    words = np.array([5, 7, 9, 9, 8, 20])
    wrong = [0, 0, 1, 0, 1, 2]
    hypotheses = [
        " ".join(["x"] * n + reference.split()[n:])
        for n, reference in zip(wrong, REFERENCES, strict=True)
    ]
    rows = Folder(hypotheses, REFERENCES, SOURCES).translations
    counts = sentence_counts(rows)
    found, scores = slopes(counts, words, np.ones((1, 6), int))
    groups = [slice(0, 2), slice(2, 5), slice(5, 6)]
    lengths = [words[group].mean() for group in groups]
    heights = [bleu(counts[group]) for group in groups]
    expected, _ = np.polyfit(lengths, heights, 1, w=np.sqrt([2, 3, 1]))
    assert found == pytest.approx([expected])
    assert scores == pytest.approx([bleu(counts)])


def test_resamples_keep_the_size_of_each_group_and_are_paired():
    words = np.array([5, 9, 5, 9, 18, 5])
    times = resamples(words)
    assert times.shape == (1 + length_slope.SAMPLES, 6)
    assert (times[0] == 1).all()
    for length, size in ((5, 3), (9, 2), (18, 1)):
        assert (times[:, words == length].sum(axis=1) == size).all()
    assert (times[:, 0] != 1).any()
    np.testing.assert_array_equal(times, resamples(words))


def test_pairs_are_differences_and_a_lone_group_has_no_slope(monkeypatch):
    monkeypatch.setattr(length_slope, "SAMPLES", 40)
    worse = [*REFERENCES[:4], "the dog", "a house"]
    runs = {
        ("c", "encoder_only"): [Folder(worse, REFERENCES, SOURCES)],
        ("c", "full_transformer"): [Folder(REFERENCES, REFERENCES, SOURCES)] * 2,
    }
    one, other, pair = length_slopes.slope_table(runs).to_dict("records")
    assert (one["slope"] < 0, one["runs"], other["runs"]) == (True, 1, 2)
    assert other["slope"] == pytest.approx(0, abs=1e-9)
    assert pair["recipe"] == "full_transformer - encoder_only"
    assert pair["slope"] == pytest.approx(-one["slope"])
    counts = sentence_counts(runs["c", "encoder_only"][0].translations)
    with pytest.raises(ValueError, match="two length groups"):
        slopes(counts, np.full(6, 5), np.ones((1, 6), int))


def test_a_run_of_lines_of_one_length_is_left_out(capsys):
    short = Folder(REFERENCES[:2], REFERENCES[:2], ["Ja .", "Nein ."])
    whole = Folder(REFERENCES, REFERENCES, SOURCES)
    runs = {("a", "lstm"): [short], ("b", "lstm"): [whole]}
    assert {*length_slopes.slope_table(runs)["corpus"]} == {"b"}
    assert "left out, all lines have about one length" in capsys.readouterr().out


def test_a_folder_without_a_complete_run_is_bad_input(tmp_path):
    with pytest.raises(InputError, match=r"no complete run under .*; give --runs-dir"):
        by_recipe(tmp_path)
