"""The page's parts on translations: gains between systems, and BLEU by length."""

import textwrap
from urllib.parse import quote

from experiments.report import lengths
from experiments.report.answer import WIDTH
from experiments.report.contents import counted_only
from experiments.report.figures import save_figure
from experiments.report.gains import gain_of, gains_table
from experiments.report.tables import cell, escaped, markdown_table, write_csv
from keras_nmt.evaluation.bleu import CountedRun

LEAST_EXPLAINED = 1.0
"""The least gain in BLEU for which the page gives a reason."""

GAINS_GUIDE = """\
*Gain* is the mean BLEU of the right system's runs minus that of the left one's, ± the
standard error over seeds (none of single runs). *One run* compares a run of each on the
same sentences, *p* is its one-sided p-value by paired bootstrap (Koehn 2004; at least
0.001, not corrected for many pairs). *Clear*: above two standard errors, p < 0.025."""

LENGTHS_GUIDE = """\
BLEU of {sentences} test lines, grouped by the words of their source, with one run for
each system. A bar is the middle 95 % of 1,000 resamples. All systems translate the same
sentences, so bars may overlap where the paired test above finds a clear difference.
"""

LENGTHS_ON_WRITEUP = """\
The protocol leaves pairs beyond 20 tokens out of training, and so sentences as long as
those of the last bin; most systems are worse there.
"""


def write_gains(contents, results_dir):
    """Writes the section on gains; "" and [] for fewer than two systems.

    Without BLEU (runs that await `experiments.rescore`) only the csv of all pairs is
    written.
    """
    if len(counted_only(contents.counted[name] for name in contents.main)) < 2:
        return "", []
    gains = [gain_of(contents, *pair[:2]) for pair in contents.pairs]
    tables = results_dir / "tables"
    pairs = write_csv(
        contents.significance, tables / f"{contents.prefix}significance.csv"
    )
    paths = [pairs]
    if gains:
        path = tables / f"{contents.prefix}gains.csv"
        paths.append(write_csv(gains_table(gains), path))
    rows = [
        [
            f"{escaped(gain.before)} → {escaped(gain.after)}",
            change,
            cell(gain.difference, gain.error, 2, "+"),
            cell(gain.one_run, None, 2, "+"),
            cell(gain.p_value, None, 3),
            "yes" if gain.is_clear else "no",
        ]
        for gain, (*_, change) in zip(gains, contents.pairs, strict=True)
    ]
    header = ["systems", "what changes", "gain", "one run", "p", "clear"]
    compared = f"{markdown_table(header, rows)}\n{GAINS_GUIDE}\n" if gains else ""
    text = (
        f"## The gain of each change, and whether it may be chance\n\n"
        f"{_why(contents, gains)}{compared}"
        f"All pairs: [csv](tables/{quote(pairs.name)}).\n"
    )
    return text, paths


def _why(contents, gains):
    """A paragraph on why the LSTM beats the RNN, if the RNN repeats its sentences."""
    found = {(gain.before, gain.after): gain for gain in gains}
    gain = found.get(("rnn", "lstm"))
    if gain is None or not gain.is_clear or gain.difference < LEAST_EXPLAINED:
        return ""
    rnn, lstm = (_different(contents.counted[name]) for name in ("rnn", "lstm"))
    if rnn is None or lstm is None or rnn * 2 > lstm:
        return ""
    lines = len(contents.counted["rnn"].rows)
    attention = [
        f"{found[pair].difference:+.2f} BLEU for the {pair[0].upper()}"
        for pair in (("rnn", "rnn_attention"), ("lstm", "lstm_attention"))
        if pair in found
    ]
    also = f" Attention shortens this path: {', '.join(attention)}."
    also *= bool(attention)
    text = (
        f"**Why the LSTM beats the RNN, by {gain.difference:.2f} BLEU:** for {lines:,} "
        f"test sentences the rnn writes {rnn:,} distinct "
        f"translation{'s' * (rnn > 1)}, so it hardly uses the source; the lstm writes "
        f"{lstm:,}. The usual explanation is that the gradient vanishes on its way "
        "back through the RNN's steps and the LSTM's cell state passes it on; "
        f"[WRITEUP.md](WRITEUP.md) has what was measured of that.{also}"
    )
    return f"{textwrap.fill(text, WIDTH)}\n\n"


def _different(counted):
    """The number of different hypotheses of a run; None if it was not counted."""
    if not isinstance(counted, CountedRun):
        return None
    return len({row.hypothesis for row in counted.rows})


def write_lengths(contents, results_dir):
    """Writes the section on BLEU by length; "" and [] if no run has translations."""
    everything = counted_only(contents.counted.values())
    shown = counted_only(contents.counted[name] for name in contents.main)
    if not shown:
        return "", []
    stem = f"{contents.prefix}bleu_by_length"
    table = lengths.length_table(everything)
    path = write_csv(table, results_dir / f"tables/{stem}.csv")
    names = [counted.run.recipe for counted in shown]
    title = f"BLEU by length of the source, {contents.corpus}"
    figure = lengths.length_figure(table[table["recipe"].isin(names)], title)
    image = save_figure(figure, results_dir / f"figures/{stem}")
    sentences = " or ".join(sorted({f"{len(counted.rows):,}" for counted in shown}))
    guide = LENGTHS_GUIDE.format(sentences=sentences)
    text = (
        f"## BLEU by length\n\n![{escaped(title)}](figures/{quote(image.name)})\n\n"
        f"{guide}{LENGTHS_ON_WRITEUP * (contents.reference is not None)}"
        f"The numbers: [csv](tables/{quote(path.name)}).\n"
    )
    return text, [path, image]
