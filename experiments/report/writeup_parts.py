"""The parts of `WRITEUP.md`, each a function of the `Facts`; "" without its numbers."""

import math
import statistics

from experiments.report import writeup_mechanisms as mechanisms
from experiments.report import writeup_series as of_series
from experiments.report.tables import markdown_table
from experiments.report.verdicts import (
    FAILS,
    HOLDS,
    OPEN,
    below_zero,
    better,
    reproduced,
)
from experiments.report.writeup_facts import DERIVATIVE, REPETITIONS, SLOPES
from experiments.report.writeup_tuning import study

SEQ2SEQ = ("rnn", "lstm", "rnn_attention", "lstm_attention")
BEST = ("lstm_attention_best", "full_transformer_best")
TRANSFORMERS = ("encoder_only", "full_transformer", "full_transformer_best")
ALIGNED = ("rnn_attention", "lstm_attention", "lstm_attention_best", *TRANSFORMERS)
REPORT = "`make report`"
LINES = {"kept": "at most 20 tokens, as in training", "all": "all"}


def seq2seq_results(facts):
    return _results(facts, SEQ2SEQ) + of_series.seeds(facts)


def seq2seq_best(facts):
    figure = "![Learning curves](figures/loss_lstm_attention_best.png)\n"
    return _results(facts, BEST[:1]) + "\n" + figure


def transformer_results(facts):
    figure = "![Learning curves](figures/loss_full_transformer_best.png)\n"
    names = ("encoder_only", "full_transformer_best", "full_transformer")
    return _results(facts, names) + "\n" + figure


def rnn_and_lstm(facts):
    told = mechanisms.gradients(facts) or _not_told(
        "the gradients that the writeup names as the cause"
    )
    return (
        _comparison(facts, "rnn", "lstm")
        + told
        + mechanisms.losses_by_position(facts, "rnn", "lstm")
    )


def rnn_and_attention(facts):
    pair = "rnn", "rnn_attention"
    told = (
        mechanisms.losses_by_position(facts, *pair)
        + mechanisms.losses_by_length(facts, *pair)
        + mechanisms.context(facts, "rnn_attention")
        + mechanisms.alignments(facts, ALIGNED)
    )
    return _comparison(facts, *pair) + (
        told or _not_told("what the attention looks at")
    )


def seq2seq_explanation(facts):
    told = _not_told(
        "width and dropout one by one; both change between these two systems"
    )
    pair = "lstm_attention", "lstm_attention_best"
    return _comparison(facts, *pair) + study(facts, "recurrent") + told


def transformer_explanation(facts):
    told = of_series.series(facts) or _not_told("width, heads and dropout one by one")
    return (
        _comparison(facts, "full_transformer", "full_transformer_best")
        + told
        + of_series.diversities(facts, TRANSFORMERS)
        + study(facts, "transformer")
    )


def encoder_only_and_full(facts):
    one, other = "encoder_only", "full_transformer"
    return _comparison(facts, one, other) + _doubled(facts, one, other)


def best_models(facts):
    return (
        _comparison(facts, *BEST)
        + "\nBLEU is the fair comparison: for its loss, the seq2seq model reads its own"
        "\nwords, the transformer those of the reference.\n"
        + mechanisms.feedings(facts, *BEST)
        + _lengths(facts, *BEST)
    )


def theory(facts):
    rows = facts.tables.get(DERIVATIVE)
    if not rows:
        return ""
    header = ["backend", "hidden units", "our formula", "central differences"]
    table = markdown_table(header, [list(row.values()) for row in rows])
    worst = max(float(row["formula"]) for row in rows)
    verdict = HOLDS if worst < 1e-6 else FAILS
    return (
        "The question asks for the derivative of the loss at step 2 by the bias b, in "
        "a recurrent\nnetwork with tanh. Errors of two ways to compute it relative to "
        "automatic differentiation,\nin float64:\n\n"
        f"{table}\n**Our formula is the derivative: {verdict}** (error below 1e-6). "
        "The writeup's last line is the same if it is\nread as a row vector with "
        "diagonal matrices, and wrong in two other readings from two hidden units on;\n"
        "[the derivation](../experiments/theory/DERIVATIVE.md) has its assumptions.\n\n"
        f"Command: `python -m experiments.theory --out results/{DERIVATIVE}`\n"
    )


# === What several parts hold ===


def _results(facts, recipes):
    rows = []
    for recipe in recipes:
        theirs = facts.reference.loc[recipe]
        for measure, column, word in (
            ("loss", "train", "training"),
            ("val_loss", "val", "validation"),
        ):
            losses = facts.of(recipe, measure)
            perplexities = [math.exp(loss) for loss in losses]
            number = theirs[f"{column}_loss"]
            rows.append(
                [
                    recipe,
                    word,
                    f"{number:.4f}",
                    _mean(losses, 4),
                    f"{theirs[f'{column}_perplexity']:.4f}",
                    _mean(perplexities, 4),
                    reproduced(number, losses),
                ]
            )
    header = ["system", "text", "loss, writeup", "loss, ours"]
    header += ["perplexity, writeup", "perplexity, ours", "verdict on the loss"]
    return f"{markdown_table(header, rows)}\nCommand: {REPORT}\n"


def _comparison(facts, one, other):
    """A table of two systems, and whether the second is better."""
    rows, verdicts = [], []
    for measure, word, decimals in (
        ("val_loss", "validation loss", 4),
        ("bleu", "BLEU", 2),
    ):
        first, second = facts.of(one, measure), facts.of(other, measure)
        rows.append([word, _mean(first, decimals), _mean(second, decimals)])
        verdict = better(second, first, less=measure == "val_loss")
        verdicts.append(f"by {word} **{verdict}**")
    theirs = [facts.reference.loc[name, "val_loss"] for name in (one, other)]
    rows.insert(0, ["validation loss, writeup", *(f"{x:.4f}" for x in theirs)])
    runs = " and ".join(str(len(facts.of(x, "bleu"))) for x in (one, other))
    return (
        f"{markdown_table(['', one, other], rows)}\n"
        f"That `{other}` is better than `{one}`: {', '.join(verdicts)} "
        f"({runs} runs).\n\nCommand: {REPORT}\n"
    )


def _not_told(what):
    return f"\nNot measured here: {what}.\n"


def _doubled(facts, one, other):
    rows = [facts.row(REPETITIONS, name) for name in (one, other)]
    if None in rows:
        return ""
    cells = []
    for row in rows:
        mean, spread, least, greatest = (
            _percent(row[name]) for name in ("doubled", "spread", "least", "greatest")
        )
        cells.append([row["recipe"], mean, spread, f"{least} to {greatest}"])
    header = ["system", "doubled words", "standard deviation", "range over runs"]
    bounds = [[float(row[x]) for x in ("least", "greatest")] for row in rows]
    return (
        "\nDoubled words, a share of all (`a a man`); the references have "
        f"{_percent(rows[0]['references'])}:\n\n"
        f"{markdown_table(header, cells)}\n"
        f"That `{other}` doubles fewer words: **{better(*bounds[::-1], less=True)}**."
        "\n\n![Doubled words](explanations/repetitions.png)\n\n"
        "Command: `python -m experiments.explanations.repetitions`\n"
    )


def _lengths(facts, one, other):
    """A table of both systems' slopes, and whether the first falls, and falls more."""
    cells, verdicts = [], []
    for lines, which in LINES.items():
        rows = [
            facts.row(SLOPES, name, lines=lines)
            for name in (one, other, f"{other} - {one}")
        ]
        if None in rows:
            continue
        for row in rows:
            intervals = _interval(row, "slope", 1), _interval(row, "relative", 100)
            cells.append([row["recipe"], which, *intervals])
        verdicts.append(
            f"- {which}: that BLEU of `{one}` falls with length "
            f"**{_below(rows[0], 'slope')}**; that it falls more\n  than that of "
            f"`{other}`, in points **{_opposite(_below(rows[2], 'slope'))}**, as a "
            f"share of its own BLEU **{_opposite(_below(rows[2], 'relative'))}**.\n"
        )
    if not cells:
        return ""
    header = ["system", "lines", "BLEU points a word", "% of its own BLEU a word"]
    return (
        "\nSlope of BLEU over the words of the source, with its 95 % interval over "
        "resampled lines:\n\n"
        f"{markdown_table(header, cells)}\n{''.join(verdicts)}\n"
        "![Slope of BLEU over length](explanations/length_slopes.png)\n\n"
        "Command: `python -m experiments.explanations.length_slopes`\n"
    )


def _below(row, name):
    return below_zero(float(row[f"{name}_low"]), float(row[f"{name}_high"]))


def _opposite(verdict):
    """The verdict on a difference above zero, from that on one below."""
    return {HOLDS: FAILS, FAILS: HOLDS, OPEN: OPEN}[verdict]


def _interval(row, name, times):
    mean, low, high = (times * float(row[name + end]) for end in ("", "_low", "_high"))
    return f"{mean:+.2f} ({low:+.2f} to {high:+.2f})"


def _mean(values, decimals):
    mean, spread = statistics.mean(values), statistics.stdev(values)
    return f"{mean:.{decimals}f} ± {spread:.{decimals}f}"


def _percent(share):
    return f"{float(share):.2%}"
