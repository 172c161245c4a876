"""The page of a system: its runs, learning curves, translations and attention."""

import os
from urllib.parse import quote

from experiments.report.figures import learning_curves, save_figure
from experiments.report.score_tables import runs_table, signatures
from experiments.report.tables import SPREAD, cell, escaped, markdown_table
from keras_nmt.errors import InputError
from keras_nmt.evaluation.alignments import read_alignments
from keras_nmt.evaluation.attention_maps import SENTENCES_A_ROW, attention_maps
from keras_nmt.files import write_whole
from keras_nmt.run.runs import ALIGNMENTS, first_complete
from keras_nmt.run.status import AVERAGED

SENTENCES = 9

COLUMNS = (
    ("BLEU", "all_lowercased_bleu", 2),
    ("chrF", "all_lowercased_chrf", 2),
    ("TER", "all_lowercased_ter", 2),
    ("loss", "val_loss_without_sos", 4),
    ("as the recipe counts", "val_loss", 4),
    ("training", "loss", 4),
    ("epochs", "epochs", 0),
)
"""Columns of the table of runs: heading, column of `runs_table`, decimals."""

GUIDE = """\
BLEU, chrF (more is better) and TER (less is better) are lower-cased, of all test lines.
The losses are those of the last epoch, in nats per real target token: *loss* is of
validation without `<sos>`, *as the recipe counts* of validation with `<sos>` if the
recipe counts it, and *training* of training, with dropout."""


ATTENTION_GUIDE = """\
A column is a token of the source, a row one of the translation. All maps have the same
scale, on which uniform attention is one pale tint. Padding is not shown. Where the maps
of all layers do not fit a screen, those of the last layers are drawn.
"""

MOST_INCHES = 8.0
"""Height of a figure of attention."""


def write_system(contents, recipe, results_dir, home):
    """Writes the page and figures of one recipe that has runs.

    Args:
        contents: of the corpus.
        recipe: its name.
        results_dir: where `systems` and `figures` lie.
        home: the page of the corpus, to which this page links.

    Returns:
        The paths written, the page last.
    """
    runs = contents.recipes[recipe]
    stem = contents.prefix + recipe
    curves, curve_paths = _curves(contents, recipe, results_dir)
    maps, map_paths = _attention(recipe, runs, stem, results_dir)
    texts = [
        f"# {escaped(recipe)} on {escaped(contents.corpus)}\n",
        f"[All systems](../{quote(home)})\n",
        "## Runs\n",
        _runs(contents, recipe),
        curves,
        _sentences(contents, recipe),
        maps,
    ]
    page = results_dir / "systems" / f"{stem}.md"
    write_whole(page, "\n".join(text for text in texts if text))
    return [*curve_paths, *map_paths, page]


def _runs(contents, recipe):
    runs = contents.recipes[recipe]
    rows = []
    for run, row in zip(runs, runs_table(runs).to_dict("records"), strict=True):
        cells = [cell(row[name], None, decimals) for _, name, decimals in COLUMNS]
        rows.append([escaped(run.folder.name), *cells])
    header = ["run", *(heading for heading, *_ in COLUMNS)]
    reasons = [
        f"- {escaped(run.folder.name)}: {run.status} ({escaped(run.reason)})\n"
        for run in runs
        if run.status not in ("complete", AVERAGED)
    ]
    incomplete = f"\nIncomplete:\n\n{''.join(reasons)}" if reasons else ""
    beside = _writeup(contents, recipe)
    signed = "".join(f"- `{words}`\n" for words in signatures(runs))
    signed = f"\nSignatures:\n\n{signed}" if signed else ""
    return f"{markdown_table(header, rows)}{incomplete}\n{beside}{GUIDE}\n{signed}"


def _writeup(contents, recipe):
    """A table of the writeup's numbers and ours; "" for other recipes."""
    row = contents.rows[recipe]
    measures = {
        "training loss": ("train_loss", 4),
        "training perplexity": ("train_perplexity", 4),
        "validation loss": ("val_loss", 4),
        "validation perplexity": ("val_perplexity", 4),
    }
    if "val_loss_writeup" not in row:
        return ""
    rows = [
        [
            heading,
            cell(row[f"{name}_writeup"], None, decimals),
            cell(row[name], row[name + SPREAD], decimals),
            cell(row[f"{name}_difference"], None, decimals, "+"),
        ]
        for heading, (name, decimals) in measures.items()
    ]
    header = [
        "counted as in the writeup, `<sos>` included",
        "writeup",
        "ours",
        "difference",
    ]
    return f"{markdown_table(header, rows)}\n"


def _curves(contents, recipe, results_dir):
    runs = contents.recipes[recipe]
    reference = contents.reference
    theirs = None
    if reference is not None and runs[0].system in reference.index:
        theirs = reference.loc[runs[0].system]
    figure = learning_curves(runs, theirs)
    if figure is None:
        return "No run has a result, so there is no learning curve.\n", []
    path = results_dir / "figures" / f"loss_{contents.prefix}{recipe}"
    path = save_figure(figure, path)
    return f"## Learning curves\n\n{_image('loss by epoch', path)}", [path]


def _sentences(contents, recipe):
    """The first translations of a recipe's first complete run."""
    rows = contents.translations(recipe)
    if not rows:
        return "No run is complete, so there are no translations.\n" * (rows is None)
    cells = [[escaped(cell) for cell in row] for row in rows[:SENTENCES]]
    run = first_complete(contents.recipes[recipe])
    table = markdown_table(["source", "reference", "translation"], cells)
    return f"## Sentences\n\nTranslated by {escaped(run.folder.name)}:\n\n{table}"


def _attention(recipe, runs, stem, results_dir):
    """Attention maps of a recipe's first complete run, if its system has attention."""
    run = first_complete(runs)
    if run is None or not (run.folder / ALIGNMENTS).is_file():
        return "", []
    heading = "## Attention\n\n"
    try:
        found = read_alignments(run.folder / ALIGNMENTS)
        paths = _write_maps(found, results_dir / "figures" / f"attention_{stem}")
    except InputError as error:
        reason = str(error).replace(f"{run.folder}{os.sep}", "")
        return f"{heading}No picture: {escaped(reason)}.\n", []
    first, *others = paths
    links = ", ".join(
        f"[{path.stem.rpartition('_')[2]}](../figures/{quote(path.name)})"
        for path in others
    )
    more = f"\nA figure for each sentence, with every head: {links}.\n" * bool(others)
    picture = _image(f"attention weights, {recipe}", first)
    return f"{heading}{ATTENTION_GUIDE}\n{picture}{more}", paths


def _write_maps(found, stem):
    """A figure of the first sentences, and one for each that it does not show fully."""
    paths = [save_figure(attention_maps(found[:SENTENCES_A_ROW], MOST_INCHES), stem)]
    for number, alignment in enumerate(found, start=1):
        heads = max(map(len, alignment.weights.values()), default=0)
        if heads > 1 or (heads and number > SENTENCES_A_ROW):
            figure = attention_maps([alignment], MOST_INCHES)
            paths.append(save_figure(figure, f"{stem}_{number}"))
    return paths


def _image(caption, path):
    return f"![{escaped(caption)}](../figures/{quote(path.name)})\n"
