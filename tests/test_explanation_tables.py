"""What the tables of the explanations say of measured numbers."""

from types import SimpleNamespace

import numpy as np
import pytest

from experiments import recipes
from experiments.explanations import (
    attention_alignments,
    feedings,
    gradients,
    head_diversities,
    losses,
    resampling,
    seeds,
    series,
    series_table,
    weighted_runs,
)
from experiments.explanations.reference_alignments import (
    diagonal_place,
    sentence_counts,
    word_places,
)
from keras_nmt.corpora.options import add_options
from keras_nmt.errors import InputError
from keras_nmt.program.command_line import OptionParser

pytestmark = pytest.mark.backend_free


@pytest.fixture(autouse=True)
def few_samples(monkeypatch):
    monkeypatch.setattr(resampling, "SAMPLES", 80)


def rows_of(table, **wanted):
    return [row for row in table.to_dict("records") if wanted.items() <= row.items()]


# === Resampling ===


def test_means_are_those_of_words_and_draws_are_paired():
    sums, counts = np.array([[2.0, 0], [9.0, 4]]), np.array([[1, 0], [3, 2]])
    times = np.array([[1, 1], [2, 0]])
    found = resampling.means(sums, counts, times)
    np.testing.assert_allclose(found, [[11 / 4, 2], [2, np.nan]])
    np.testing.assert_array_equal(resampling.draws(7), resampling.draws(7))
    assert (resampling.draws(7).sum(axis=1) == 7).all()


def test_slopes_are_those_of_numpy():
    places, weights = np.array([0, 1, 4]), np.array([3.0, 1, 2])
    heights = np.array([[1.0, 5, 2], [0, 1, 4]])
    found = resampling.slopes(heights, places, weights)
    expected = [np.polyfit(places, x, 1, w=np.sqrt(weights))[0] for x in heights]
    np.testing.assert_allclose(found, expected)


# === Losses ===


def system(per_position, sentences=60):
    """Losses with these means, and lengths: half of the sentences have 5 words."""
    noise = np.random.default_rng(0).normal(0, 0.1, (sentences, 1))
    found = np.array(per_position) + noise
    found[: sentences // 2, -1] = np.nan
    return found, np.repeat([5, 9], sentences // 2)


def test_losses_by_position_have_a_slope_and_a_difference(monkeypatch):
    monkeypatch.setattr(losses, "FEWEST", 30)
    measured = {"rnn": [system([1.0, 2, 3])] * 2, "lstm": [system([1.0, 1.5, 2])]}
    table = losses.loss_table("c", measured)
    (second,) = rows_of(table, recipe="rnn", by="position", group="2")
    assert (second["tokens"], second["runs"]) == (60, 2)
    assert second["loss"] == pytest.approx(np.mean(system([1.0, 2, 3])[0][:, 1]))
    assert second["low"] < second["loss"] < second["high"]
    # The noise of a sentence is the same in both systems, so the difference is exact.
    (slope,) = rows_of(table, recipe="rnn - lstm", by="position", group="slope")
    assert slope["loss"] == pytest.approx(0.5)
    assert slope["low"] == pytest.approx(slope["high"])
    shorter, longer = rows_of(table, recipe="rnn", by="length")
    assert (shorter["group"], shorter["tokens"]) == ("≤7", 60)
    assert (longer["group"], longer["tokens"]) == ("8–9", 90)
    assert longer["loss"] == pytest.approx(np.mean(system([1.0, 2, 3])[0][30:]))


def test_groups_of_few_words_are_left_out_and_other_texts_not_compared():
    measured = {"rnn": [system([1.0, 2, 3])], "lstm": [system([1.0, 2], 80)]}
    table = losses.loss_table("c", measured)
    assert [row["group"] for row in rows_of(table, recipe="rnn", by="position")] == [
        "1",
        "2",
        "slope",
    ]
    assert not rows_of(table, recipe="rnn - lstm")
    assert losses.loss_figure(table[table["by"] == "position"], "word").axes


def test_both_feedings_are_means_over_words():
    free, forced = system([2.0, 3, 4])[0], system([1.0, 2, 3])[0]
    bleu = {"score": 9.0, "interval": [8.0, 10.0], "signature": ""}
    run = SimpleNamespace(
        config={"feeding": "free_running"},
        scores={"test": {"all": {"lowercased": {"bleu": bleu}}}},
        has_result=True,
        status="complete",
    )
    row = feedings.feeding_row("c", "lstm", [(run, free, forced)])
    assert row["free_running"] == pytest.approx(np.nanmean(free))
    assert row["teacher_forcing"] == pytest.approx(np.nanmean(forced))
    assert row["difference"] == pytest.approx(1)
    assert (row["trained"], row["bleu"], row["runs"]) == ("free_running", 9, 1)


# === Gradients ===


def test_the_factor_of_a_step_is_that_of_the_decay():
    steps = np.arange(8.0)[:, None]
    norms = [3.0 * factor**steps * np.ones((1, 4)) for factor in (0.5, 0.9)]
    measured = {
        ("c", "rnn"): [(np.stack(norms), 6)],
        ("c", "lstm"): [(np.stack([norms[1]] * 2), 6)],
    }
    table = gradients.gradient_table(measured)
    (kept,) = rows_of(table, recipe="rnn", distance="kept")
    assert [kept["start"], kept["end"]] == pytest.approx([0.5, 0.9])
    assert kept["start_low"] == pytest.approx(0.5)
    (third,) = rows_of(table, recipe="rnn", distance=2)
    assert third["start"] == pytest.approx(3 * 0.25)
    (difference,) = rows_of(table, recipe="lstm - rnn")
    assert [difference["start"], difference["end"]] == pytest.approx([0.4, 0])
    assert len(gradients.gradient_figure(table).axes) == 2


class Side:
    """A `TextProcessor` of words that are numbers."""

    def __init__(self, tokens=()):
        self.vocabulary = SimpleNamespace(tokens=tokens)

    def encode(self, line):
        return [2, *map(int, line.split()), 3]


def test_sentences_have_one_length_and_the_padding_that_a_model_sees():
    model = SimpleNamespace(visible_padding=6)
    translator = SimpleNamespace(source=Side(), target=Side(), model=model)
    lines = [("5 6", "7 8 9"), ("5 6 7", "8 9"), ("6 5", "7"), ("6 5", "7 9")]
    rows = [SimpleNamespace(source=s, reference=t) for s, t in lines]
    run = SimpleNamespace(translations=rows, folder="f", config={"score_sos": True})
    source, target, position = gradients.sentences(translator, run, 4, 2, 9)
    assert source.tolist() == [[2, 5, 6, 3, 1, 1], [2, 6, 5, 3, 1, 1]]
    assert target.tolist() == [[2, 2, 7, 8], [2, 2, 7, 9]]
    assert position == 2
    run.config = {}
    source, target, position = gradients.sentences(translator, run, 4, 2, 1)
    assert (target.tolist(), position) == ([[2, 7, 8]], 1)
    with pytest.raises(InputError, match=r"no test sentence has 9 tokens .*--length"):
        gradients.sentences(translator, run, 9, 2, 1)


# === Attention ===


def test_words_are_no_specials_and_no_line_ends():
    tokens = ("<unk>", "<pad>", "<sos>", "<eos>", "a", "\n", "dog")
    assert word_places(Side(tokens), [2, 4, 0, 6, 5, 3, 1]) == [1, 3]


def test_agreement_counts_the_most_attended_words():
    class Table:
        """Word 10 + n translates word n."""

        def __init__(self, backward=False):
            self.sign = -10 if backward else 10

        def table(self, source, target):
            there = np.equal.outer(np.array(target), np.array(source) + self.sign)
            return np.pad(there.astype(float), ((0, 0), (0, 1)))

    models = Table(), Table(backward=True)
    weights = np.array([[0.5, 0.2, 0.3], [0.1, 0.2, 0.7]])
    counts = sentence_counts(models, [1, 2, 3], [11, 12], weights)
    assert counts.tolist() == pytest.approx([2, 1, 1, 2 / 3])
    assert sentence_counts(models, [], [11], weights).tolist() == [0, 0, 0, 0]
    assert [diagonal_place(t, 2, 5) for t in range(2)] == [1, 3]
    row = attention_alignments.agreement_row("c", "r", "attention", [counts[:, None]])
    assert (row["words"], row["agreement"]) == (2, 0.5)
    assert [row["diagonal"], row["chance"]] == pytest.approx([0.5, 1 / 3])


def test_diversity_has_a_row_for_each_attention_and_their_mean():
    run = SimpleNamespace(config={"num_heads": 4})
    found = [
        {"encoder_0 self_attention": x, "decoder_0 cross": 0.6} for x in (0.2, 0.4)
    ]
    table = head_diversities.diversity_table({("c", "r"): [(run, x) for x in found]})
    first, _, mean = table.to_dict("records")
    assert [first["diversity"], first["least"], first["heads"]] == [
        pytest.approx(0.3),
        0.2,
        4,
    ]
    assert (mean["layer"], mean["diversity"]) == ("all", pytest.approx(0.45))
    assert mean["greatest"] == pytest.approx(0.5)


# === Series and seeds ===


def test_a_series_changes_one_field():
    base = recipes.RECIPES["full_transformer_best"]
    chosen = series.series(base, ["dropout", "num_heads"])
    assert [recipe.name for recipe in chosen[:3]] == [
        base.name,
        f"{base.name},dropout=0.1",
        f"{base.name},dropout=0.3",
    ]
    for recipe in chosen[1:]:
        ours, theirs = recipe.config(), base.config()
        changed = {name for name in ours if ours[name] != theirs[name]}
        assert len(changed - {"name", "system"}) == 1
    with pytest.raises(InputError, match="did you mean dropout"):
        series.series(base, ["dropot"])
    with pytest.raises(InputError, match="rnn: has no num_heads"):
        series.series(recipes.RECIPES["rnn"], ["num_heads"])


class Trained:
    """A run of which only the files are asked."""

    folder = "folder"

    def __init__(self, recipe, loss, seed=0, epochs=2, status="complete", **config):
        self.corpus, self.recipe, self.backend, self.seed = (
            "multi30k",
            recipe,
            "jax",
            seed,
        )
        self.status, self.reason, self.config = status, "no scores.json", config
        self.epochs = [
            {"epoch": n + 1, "val_loss": loss + epochs - n - 1} for n in range(epochs)
        ]


def test_a_series_table_takes_runs_of_one_length(capsys):
    runs = [
        Trained("b", 1.5, dropout=0.2),
        Trained("b", 1.75, 1, dropout=0.2),
        Trained("b,dropout=0.5", 1.9),
        Trained("b,dropout=0.4", 1.0, epochs=3),
        Trained("b,dropout=0.3", 1.0, status="partial"),
        Trained("other", 1.0),
    ]
    chosen = series_table.of_one_length("b", runs)
    said = capsys.readouterr().out
    assert "left out, 3 epochs, not 2" in said
    assert "partial (no scores.json)" in said
    found = [
        (
            run,
            {"val_loss": run.epochs[-1]["val_loss"], "bleu": 9.0, "diversity": np.nan},
        )
        for run in chosen
    ]
    base, other = series_table.series_table("b", found).to_dict("records")
    assert (base["factor"], base["value"], base["runs"]) == ("dropout", "0.2", 2)
    assert base["val_loss"] == pytest.approx(1.625)
    assert (base["val_loss_least"], base["val_loss_greatest"]) == (1.5, 1.75)
    assert (other["value"], other["diversity"], other["epochs"]) == ("0.5", None, 2)
    figure = series_table.series_figure(
        series_table.series_table("b", found), "val_loss", "loss"
    )
    assert len(figure.axes) == 1


def test_seeds_count_once_and_those_left_out_are_said(capsys):
    runs = [
        Trained("rnn", 3.5, 1),
        Trained("rnn", 3.25, 0),
        Trained("rnn", 9.0, 0),
        Trained("rnn", 9.0, 2, status="partial"),
        Trained("lstm", 9.0, 3),
    ]
    table = seeds.seed_table("rnn", runs)
    assert table["val_loss"].to_list() == [3.25, 3.5]
    said = capsys.readouterr().out
    assert "jax has seed 0 already" in said
    assert "partial (no scores.json)" in said
    with pytest.raises(InputError, match="no complete run of gru"):
        seeds.seed_table("gru", runs)
    assert seeds.seed_figure(table, "rnn", 3.15).axes


# === Run folders ===


def test_folders_without_weights_are_left_out_and_said(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no complete run with weights among"):
        weighted_runs.with_weights([tmp_path / "empty"])
    assert "empty: left out, partial" in capsys.readouterr().out
    with pytest.raises(InputError, match="none: no such folder"):
        weighted_runs.with_weights([tmp_path / "none"])


def test_the_text_must_be_that_of_the_run():
    parser = OptionParser()
    add_options(parser, default=None)
    text = {"validation": {"source": "x", "target": "y"}}
    run = SimpleNamespace(corpus="captions", text=text, folder="f")
    with pytest.raises(InputError, match="f: was validated on other text"):
        weighted_runs.corpora(parser.parse_args([]), [run])
    run = SimpleNamespace(corpus="mine", text=None, folder="f")
    with pytest.raises(InputError, match="was trained on mine; name its text by"):
        weighted_runs.corpora(parser.parse_args([]), [run])
