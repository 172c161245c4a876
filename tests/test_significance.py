"""Counts, resamples and p-values are sacreBLEU's; unlike test sets do not compare."""

import random

import numpy as np
import pytest
from sacrebleu.metrics import BLEU
from sacrebleu.significance import PairedTest

from experiments import rescore
from experiments import significance as command
from experiments.report.significance_table import significance_table
from keras_nmt.errors import InputError
from keras_nmt.evaluation.bleu import (
    bleu,
    count_run,
    interval,
    resampled_bleu,
    sentence_counts,
    signature,
)
from keras_nmt.evaluation.significance import compare
from keras_nmt.run.file_formats import Translation, write_translations
from keras_nmt.run.runs import complete_run, load_runs
from tests.test_reporting import HOSTILE, make_run

pytestmark = pytest.mark.backend_free

WORDS = [*"abcdefghij", "boy", "bike", ",", "."]
REFERENCES = [" ".join(random.Random(n).choices(WORDS, k=12)) for n in range(60)]


def damaged(share, seed=0):
    """The references with a share of their words replaced, in capitals."""
    chance = random.Random(seed)

    def word(own):
        return chance.choice(WORDS) if chance.random() < share else own

    return [" ".join(map(word, line.split())).upper() for line in REFERENCES]


def translations(hypotheses, references=REFERENCES):
    sources = [f"Quelle {n}" for n in range(len(references))]
    rows = zip(sources, references, hypotheses, strict=True)
    return [Translation(*row) for row in rows]


def counted(tmp_path, **hypotheses):
    """`CountedRun`s of these recipes, in the order given."""
    for recipe, lines in hypotheses.items():
        folder = make_run(tmp_path, recipe=recipe)
        write_translations(folder / "translations.tsv", translations(lines))
    runs = {run.recipe: count_run(run) for run in load_runs(tmp_path)}
    return [runs[recipe] for recipe in hypotheses]


# === Counts and resamples ===


@pytest.mark.parametrize(
    "rows", [translations(damaged(0.3)), [Translation(*row) for row in HOSTILE]]
)
def test_counts_of_sentences_add_up_to_sacrebleu(rows):
    hypotheses, references = ([row[cell] for row in rows] for cell in (2, 1))
    expected = BLEU(lowercase=True).corpus_score(hypotheses, [references])
    assert bleu(sentence_counts(rows)) == expected.score


def test_resamples_are_those_of_sacrebleu():
    rows = translations(damaged(0.3))
    metric = BLEU(lowercase=True)
    hypotheses = [row.hypothesis for row in rows]
    told = metric.corpus_score(hypotheses, [REFERENCES], n_bootstrap=1000)
    samples = resampled_bleu(sentence_counts(rows))
    low, high = interval(samples)
    assert f"μ = {samples.mean():.2f} ± {(high - low) / 2:.2f}" in str(told)
    assert signature() == str(metric.get_signature())


# === Comparing ===


@pytest.mark.parametrize("shares", [(0.3, 0.32), (0.3, 0.4), (0.2, 0.6)])
def test_p_values_are_those_of_sacrebleu(tmp_path, shares):
    lines = [damaged(share, seed) for seed, share in enumerate(shares)]
    found = compare(*counted(tmp_path, first=lines[0], second=lines[1]))
    named = list(zip(("first", "second"), lines, strict=True))
    metrics = {"BLEU": BLEU(lowercase=True)}
    _, expected = PairedTest(named, metrics, [REFERENCES], test_type="bs")()
    first, second = expected["BLEU"]
    assert found.p_value == pytest.approx(second.p_value, abs=1e-12)
    assert found.difference == pytest.approx(first.score - second.score)


def test_an_obvious_difference_is_significant_and_symmetric(tmp_path):
    good, bad = counted(tmp_path, good=damaged(0.1), bad=damaged(0.7))
    found, turned = compare(good, bad), compare(bad, good)
    low, high = found.interval
    assert 0 < low < found.difference < high
    assert found.p_value == turned.p_value == pytest.approx(1 / 1001)
    assert turned.difference == -found.difference
    assert turned.interval == pytest.approx((-high, -low))
    assert found == compare(good, bad)


def test_equal_systems_do_not_differ(tmp_path):
    found = compare(*counted(tmp_path, one=damaged(0.3), other=damaged(0.3)))
    assert (found.difference, found.interval, found.p_value) == (0, (0, 0), 1)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (translations(REFERENCES[:-1], REFERENCES[:-1]), "60 test lines against 59"),
        (
            translations(REFERENCES, [*REFERENCES[:-1], "other"]),
            "test line 60 has another source or reference",
        ),
    ],
)
def test_other_test_lines_do_not_compare(tmp_path, rows, message):
    (first,) = counted(tmp_path, first=REFERENCES)
    folder = make_run(tmp_path, recipe="second")
    write_translations(folder / "translations.tsv", rows)
    second = count_run(load_runs(tmp_path)[1])
    with pytest.raises(InputError, match=message):
        compare(first, second)
    table = significance_table({"first": first, "second": second})
    assert table.iloc[0].tolist() == ["first", "second", "other lines", *3 * [None]]


def test_scores_of_different_tokenizers_do_not_compare(tmp_path):
    first, second = counted(tmp_path, first=REFERENCES, second=REFERENCES)
    rescore.main([str(second.run.folder), "--tokenize", "char"])
    second = count_run(complete_run(second.run.folder))
    message = "tokenizer 13a, .* with char; score them alike: .* --tokenize NAME"
    with pytest.raises(InputError, match=message):
        compare(first, second)
    table = significance_table({"first": first, "second": second})
    assert table["bleu_difference"].tolist() == ["other tokens"]
    rescore.main([str(first.run.folder), "--tokenize", "char"])
    first = count_run(complete_run(first.run.folder))
    assert compare(first, second).difference == 0
    assert "|tok:char|" in signature(first.tokenize)


# === Table ===


def test_every_pair_has_a_row_and_a_system_without_lines_a_word(tmp_path):
    good, bad = counted(tmp_path, good=damaged(0.1), bad=damaged(0.7))
    systems = {"good": good, "none": "missing", "bad": bad}
    table = significance_table(systems)
    assert table["bleu_difference"].tolist() == [
        "missing",
        good.bleu - bad.bleu,
        "missing",
    ]


# === The command ===


def test_the_command_prints_one_result(tmp_path, capsys):
    good, bad = counted(tmp_path, good=damaged(0.1), bad=damaged(0.7))
    command.main([str(good.run.folder), str(bad.run.folder)])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"multi30k/good/jax-seed0  BLEU {good.bleu:6.2f}"
    assert lines[1] == f"multi30k/bad/jax-seed0   BLEU {bad.bleu:6.2f}"
    assert lines[2].startswith(f"difference +{good.bleu - bad.bleu:.2f}, 95 % interval")
    assert lines[2].endswith("p = 0.001: significant at 0.025")
    assert lines[3].endswith(signature())


def test_the_command_refuses_what_is_not_complete(tmp_path, capsys):
    (good,) = counted(tmp_path, good=damaged(0.1))
    with pytest.raises(SystemExit) as stop:
        command.main([str(good.run.folder), str(tmp_path / "nowhere")])
    error = capsys.readouterr().err
    assert (stop.value.code, error.count("\n")) == (2, 1)
    assert "nowhere" in error


def test_no_lines_cannot_be_counted(tmp_path):
    folder = make_run(tmp_path)
    write_translations(folder / "translations.tsv", [])
    with pytest.raises(InputError, match="has no line"):
        count_run(load_runs(tmp_path)[0])


def test_a_single_sentence_can_be_resampled():
    counts = sentence_counts(translations(damaged(0.3)[:1], REFERENCES[:1]))
    assert np.ptp(resampled_bleu(counts)) == 0
