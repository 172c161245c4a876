"""The parts of `WRITEUP.md`, each a function of the `Facts`; "" without its numbers."""

import math
import statistics

from experiments.report import writeup_claims as claims
from experiments.report import writeup_mechanisms as mechanisms
from experiments.report import writeup_series as of_series
from experiments.report import writeup_translations as translations
from experiments.report.tables import markdown_table
from experiments.report.verdicts import FAILS, HOLDS, reproduced
from experiments.report.writeup_comparison import compared, mean_cell
from experiments.report.writeup_facts import DERIVATIVE
from experiments.report.writeup_feedings import feedings
from experiments.report.writeup_tuning import study

SEQ2SEQ = ("rnn", "lstm", "rnn_attention", "lstm_attention")
BEST = ("lstm_attention_best", "full_transformer_best")
TRANSFORMERS = ("encoder_only", "full_transformer", "full_transformer_best")
ALIGNED = ("rnn_attention", "lstm_attention", "lstm_attention_best", *TRANSFORMERS)
REPORT = "`make report`"
OF_A_RUN = (
    *("name", "system", "recipe", "corpus", "seed", "pairs"),
    *("source_vocabulary_size", "target_vocabulary_size", "precision"),
)
"""Keys of a configuration that do not say how a system is built or trained."""

LISTED = (
    *("kind", "attention", "embedding_dim", "hidden_dim", "model_dim", "num_heads"),
    *("intermediate_dim", "encoder_layers", "decoder_layers", "dropout"),
    *("learning_rate", "batch_size", "max_length", "max_positions", "epochs"),
)
"""Fields that are shown beside the hyper-parameters of the writeup."""


def seq2seq_results(facts):
    return _results(facts, SEQ2SEQ) + _unexplained(facts) + of_series.seeds(facts)


def seq2seq_best(facts):
    figure = "![Learning curves](figures/loss_lstm_attention_best.png)\n"
    return _results(facts, BEST[:1]) + _values(facts, BEST[0]) + "\n" + figure


def transformer_results(facts):
    figure = "![Learning curves](figures/loss_full_transformer_best.png)\n"
    names = ("encoder_only", "full_transformer_best", "full_transformer")
    return _results(facts, names) + _values(facts, BEST[1]) + "\n" + figure


def rnn_and_lstm(facts):
    told = mechanisms.gradients(facts) or _not_told(
        "the gradients that the writeup names as the cause"
    )
    return (
        _comparison(facts, "rnn", "lstm")
        + claims.rnn_and_lstm(facts)
        + told
        + mechanisms.losses_by_position(facts, "rnn", "lstm")
    )


def rnn_and_attention(facts):
    pair = "rnn", "rnn_attention"
    told = (
        mechanisms.losses_by_position(facts, *pair)
        + mechanisms.losses_by_length(facts, *pair)
        + mechanisms.context(facts, "rnn_attention")
        + mechanisms.context(facts, "lstm_attention")
        + mechanisms.alignments(facts, ALIGNED)
    )
    return (
        _comparison(facts, *pair)
        + claims.rnn_and_attention(facts)
        + (told or _not_told("what the attention looks at"))
    )


def seq2seq_explanation(facts):
    told = _not_told(
        "width and dropout one by one; both change between these two systems"
    )
    pair = "lstm_attention", "lstm_attention_best"
    return (
        _comparison(facts, *pair)
        + claims.seq2seq_best(facts)
        + study(facts, "recurrent")
        + told
    )


def transformer_explanation(facts):
    told = of_series.series(facts) or _not_told("width, heads and dropout one by one")
    return (
        _comparison(facts, "full_transformer", "full_transformer_best")
        + claims.transformer_best(facts)
        + told
        + of_series.diversities(facts, TRANSFORMERS)
        + study(facts, "transformer")
    )


def encoder_only_and_full(facts):
    one, other = "encoder_only", "full_transformer"
    return (
        _comparison(facts, one, other)
        + claims.encoder_only_and_full(facts)
        + translations.doubled(facts, one, other)
    )


def best_models(facts):
    return (
        _comparison(facts, *BEST, of_a_kind=False)
        + claims.best_models(facts)
        + "\nBLEU is the fair comparison: for its loss, the seq2seq model reads its own"
        "\nwords, the transformer those of the reference.\n"
        + feedings(facts)
        + translations.lengths(facts, *BEST)
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
                    mean_cell(losses, 4),
                    f"{statistics.mean(losses) - number:+.4f}",
                    f"{theirs[f'{column}_perplexity']:.4f}",
                    mean_cell(perplexities, 4),
                    reproduced(number, losses),
                ]
            )
    header = ["system", "text", "loss, writeup", "loss, ours", "difference"]
    header += ["perplexity, writeup", "perplexity, ours", "verdict on the loss"]
    return f"{markdown_table(header, rows)}\nCommand: {REPORT}\n"


def _unexplained(facts, system="rnn_attention"):
    """That a system is better here than there, without a cause; "" if it is not."""
    losses = facts.of(system, "val_loss")
    if reproduced(facts.reference.loc[system, "val_loss"], losses) != "ours is lower":
        return ""
    return f"\nWhy `{system}` is better here than in the writeup is not known.\n"


def _values(facts, system):
    """The hyper-parameters that the writeup lists for a system, and ours."""
    theirs, ours = facts.reference.loc[system], facts.configs[system]
    listed = theirs.get("hyperparameters")
    if not listed:
        return ""
    shown = ", ".join(f"{key} {ours[key]}" for key in LISTED if key in ours)
    return (
        f"\nHyper-parameters that the writeup lists: {listed}, "
        f"{theirs['epochs']:g} epochs.\nOurs: {shown}.\n"
    )


def _differences(one, other):
    """`; `-joined fields in which two configurations differ; "" if in none."""
    found = [
        f"{field.replace('_', ' ')} {one.get(field, 'none')} and "
        f"{other.get(field, 'none')}"
        for field in {**one, **other}
        if field not in OF_A_RUN and one.get(field) != other.get(field)
    ]
    return "; ".join(found)


def _comparison(facts, one, other, of_a_kind=True):
    """A table of two systems, how they differ, and whether the second is better."""
    rows, sentence = compared(facts, one, other)
    theirs = [facts.reference.loc[name, "val_loss"] for name in (one, other)]
    rows.insert(0, ["validation loss, writeup", *(f"{x:.4f}" for x in theirs)])
    apart = _differences(facts.configs[one], facts.configs[other])
    apart = f"The two differ in: {apart}.\n\n" * (of_a_kind and bool(apart))
    return (
        f"{markdown_table(['', one, other], rows)}\n{apart}"
        f"{sentence}\n\nCommand: {REPORT}\n"
    )


def _not_told(what):
    return f"\nNot measured here: {what}.\n"
