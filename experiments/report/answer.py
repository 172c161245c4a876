"""The first part of a page: the best system, its lead, and its translations."""

import textwrap
from urllib.parse import quote

from experiments.report.gains import gain_of
from experiments.report.score_tables import interval_of, tokens_of
from experiments.report.tables import (
    DIFFERENCE,
    HONEST,
    SPREAD,
    WRITEUP,
    cell,
    escaped,
    markdown_table,
)
from keras_nmt.run.runs import first_complete

SENTENCES = 3
WIDTH = 88
"""Characters in a line of the paragraphs that are composed here."""

NOTES = """\
- *BLEU*: lower-cased, greedy search, all test lines, best epoch ({signature}).
- *Loss*: of validation, last epoch, in nats per real target token without the trivial
  `<sos>`. Recurrent systems predict from their own words, encoder-only ones from none,
  full transformers from the correct ones, which is easier: it compares within a kind.
- A cell is the mean over all runs of a system ± their standard deviation. The runs are
  of all backends, which compute the same, but start from other random weights{gpus}.
"""
NOTES_ON_WRITEUP = """\
- The *writeup* is a course assignment on sequence-to-sequence and transformer
  translation. Its eight systems are rebuilt here with its protocol: pairs of at most
  20 tokens, padding of the source not masked. The column *writeup* is its validation
  loss, which is lower because it counts `<sos>`; *counted alike* is ours with `<sos>`
  counted, too; *difference* is ours minus the writeup's.
"""

UNLIKE = {
    "max_length": "keeps pairs of up to {} tokens",
    "lowercase": "keeps capitals",
    "visible_padding": "masks padding",
    "tied": "ties its embeddings",
    "label_smoothing": "smooths its labels",
    "schedule": "warms up its learning rate",
    "average_last": "takes the mean of the weights of its last {} epochs",
}
"""Field of a recipe -> what it does where the field is another than a system's."""

STANDARD = {"lowercase": True, "tied": "none", "label_smoothing": 0.0}
STANDARD |= {"schedule": "constant", "average_last": 0}
"""Of fields that the configurations of earlier versions do not have."""


def lead(contents):
    """A paragraph on the best system; "" if no system has a BLEU."""
    if not contents.ranked:
        return ""
    best, *others = contents.ranked
    text = (
        f"**{escaped(best)} translates best: {_bleu_of(contents, best)}** on the test "
        f"sentences of {escaped(contents.corpus)} ({_runs_of(contents, best)})"
    )
    if contents.best not in (None, *contents.main):
        text = (
            f"**{escaped(contents.best)}, a recipe of our own, translates best: "
            f"{_bleu_of(contents, contents.best)}** on the test sentences of "
            f"{escaped(contents.corpus)} ({_runs_of(contents, contents.best)})."
            f"{_protocol(contents, contents.best, best)} Of the systems in the table "
            f"{escaped(best)} is best: {_bleu_of(contents, best)} "
            f"({_runs_of(contents, best)})"
        )
    if not others:
        return f"{text}.\n"
    gain = gain_of(contents, others[0], best)
    text += f", {gain.difference:.2f} more than {escaped(others[0])}, {chance(gain)}."
    clear = next(
        (
            found
            for found in (gain_of(contents, name, best) for name in others)
            if found.is_clear
        ),
        None,
    )
    if clear is not None and clear.before != others[0]:
        text += (
            f" The best system that it clearly beats is {escaped(clear.before)}, by "
            f"{clear.difference:.2f}."
        )
    return f"{textwrap.fill(text, WIDTH)}\n"


def _bleu_of(contents, name):
    return f"{contents.rows[name]['bleu']:.2f} BLEU"


def _runs_of(contents, name):
    count = contents.rows[name]["n"]
    if count > 1:
        return f"mean of {count} runs"
    run = first_complete(contents.recipes[name])
    ends = interval_of(run, "bleu") if run else None
    return f"one run, 95 % {ends[0]:.1f} to {ends[1]:.1f}" if ends else "one run"


def _protocol(contents, own, other):
    """How a recipe reads and trains that is none of the systems; "" if as they do."""
    one, two = (contents.recipes[name] for name in (own, other))
    ours, theirs = one[0].config, two[0].config
    said = []
    if tokens_of(one) != tokens_of(two):
        said.append(f"reads {tokens_of(one).replace('_', ' ')}")
    said += [
        words.format(ours[field])
        for field, words in UNLIKE.items()
        if field in ours and ours[field] != theirs.get(field, STANDARD.get(field))
    ]
    epochs = [contents.rows[name]["epochs"] for name in (own, other)]
    if epochs[0] != epochs[1]:
        said.append(f"trained {epochs[0]} epochs")
    *first, last = said or [""]
    told = " and ".join(filter(None, [", ".join(first), last]))
    if not told:
        return ""
    which = "; which of these gives the gain was not measured" * bool(first)
    return f" Unlike {escaped(other)} it {told}{which}."


def gpu_runs(contents):
    """`; 3 ran on a GPU` of the compared runs; "" if none did."""
    count = sum(
        not str(run.environment.get("device", "cpu")).startswith("cpu")
        for name in contents.main
        for run in contents.recipes[name]
    )
    return f"; {count} ran on a GPU" * bool(count)


def chance(gain):
    """Whether a gain may be chance, with the evidence."""
    reasons = []
    if gain.error is not None:
        reasons.append(f"standard error over seeds {gain.error:.2f}")
    if gain.p_value is not None:
        reasons.append(f"p = {gain.p_value:.3f} between one run of each")
    evidence = f" ({', '.join(reasons)})" if reasons else ""
    clear = "a clear difference" if gain.is_clear else "which may be chance"
    return clear + evidence


def main_table(contents, short=False):
    """A table with a row for each system, which links to its page.

    Args:
        contents: of the corpus.
        short: leaves out the comparison with the writeup, and the links, and adds the
            best recipe of all if that is one of our own.
    """
    beside = contents.reference is not None and not short
    header = ["system", "BLEU", "loss"]
    header += ["writeup", "counted alike", "difference"] * beside + ["runs"]
    names = contents.listed
    if short and contents.best not in (None, *names):
        names = [*names, contents.best]
    rows = [_row(contents, name, beside, short) for name in names]
    return markdown_table(header, rows)


def _row(contents, name, beside, short):
    row, text = contents.rows[name], escaped(name)
    linked = bool(contents.recipes[name])
    best = contents.best if short else next(iter(contents.ranked), None)
    bleu = cell(row["bleu"], row["bleu" + SPREAD])
    cells = [
        text if short or not linked else f"[{text}]({page_path(contents, name)})",
        f"**{bleu}**" if name == best else bleu,
        cell(row[HONEST], row[HONEST + SPREAD], 3),
    ]
    if beside:
        cells += [
            cell(row["val_loss" + WRITEUP], None, 4),
            cell(row["val_loss"], row["val_loss" + SPREAD], 3),
            cell(row["val_loss" + DIFFERENCE], None, 3, "+"),
        ]
    return [*cells, str(row["n"])]


def own_recipes(contents):
    """A line on recipes that are not in the main table; "" if there are none."""
    names = [name for name in contents.recipes if name not in contents.listed]
    if not names:
        return ""
    found = []
    for name in names:
        link, bleu, loss, runs = _row(contents, name, False, False)
        plural = "" if runs == "1" else "s"
        each = " a subword" * (tokens_of(contents.recipes[name]) != "words")
        found.append(f"{link} {bleu} BLEU, loss {loss}{each} ({runs} run{plural})")
    return f"- Recipes of our own: {'; '.join(found)}.\n"


def page_path(contents, recipe):
    return f"systems/{quote(contents.prefix + recipe)}.md"


def translations_table(contents):
    """A table of the first test sentences, translated by all systems."""
    shown = {name: contents.translations(name) for name in contents.main}
    shown = {name: rows[:SENTENCES] for name, rows in shown.items() if rows}
    if not shown:
        return ""
    first = next(iter(shown.values()))
    rows = [
        ["*source*", *(f"*{escaped(row.source)}*" for row in first)],
        ["*reference*", *(f"*{escaped(row.reference)}*" for row in first)],
    ]
    for name, found in shown.items():
        others = [row[:2] for row in found] != [row[:2] for row in first]
        cells = [escaped(row.hypothesis) for row in found]
        note = [" (other sentences)"] if others else [""]
        rows.append([escaped(name) + note[0], *cells])
    return markdown_table(["", *map(str, range(1, len(first) + 1))], rows)


def best_translation(contents):
    """The first test sentence, translated by the best recipe; "" if there is none."""
    rows = contents.translations(contents.best) if contents.best else None
    if not rows:
        return ""
    run = first_complete(contents.recipes[contents.best])
    text = (
        f"The best system, {escaped(run.recipe)}, translates the first test sentence, "
        f"*{escaped(rows[0].source)}*, as *{escaped(rows[0].hypothesis)}* "
        f"The reference is *{escaped(rows[0].reference)}*"
    )
    return f"{textwrap.fill(text, WIDTH)}\n"
