"""How good the translations are: the report's part on scores of the test set."""

from urllib.parse import quote

from keras_nmt.errors import InputError
from keras_nmt.reporting import lengths, score_tables
from keras_nmt.reporting.bleu import CountedRun, count_run, signature
from keras_nmt.reporting.bleu_tokenizers import MissingTokenizer
from keras_nmt.reporting.figures import save_figure
from keras_nmt.reporting.runs import first_complete
from keras_nmt.reporting.significance import significance_matrix, significance_table
from keras_nmt.reporting.tables import markdown, write_table

SCORES_GUIDE = """\
Scores by sacreBLEU of the translations of every test line, lower-cased, with the
bounds of sacreBLEU's 95 % bootstrap interval in brackets. More BLEU and chrF are
better, less TER. *Cased* counts capitals, which the systems do not learn; *kept* are
the test lines short enough for the writeup's protocol. `rescore` stands where a run's
scores are of an older form: `python -m experiments.rescore` renews them.
"""
COSTS_GUIDE = """\
Speeds are target tokens a second in training (median over the epochs) and test
sentences a second in translation; they compare only within a device, and only if
nothing else ran on it.
"""
LENGTHS_GUIDE = """\
BLEU, lower-cased, of the test lines whose source has so many words (as blanks part
them), with the middle 95 % of 1,000 resamples in brackets; one run a recipe, the
first complete one. A line that fades to the right is a system that fails on long
sentences; compare a system with the others, since long lines may be harder for all.
The writeup's protocol trains on no pair beyond 20 tokens, so that on Multi30k it
leaves out every sentence of the last bin.
"""
SIGNIFICANCE_GUIDE = """\
BLEU (lower-cased, all test lines) of the row's system minus that of the column's, and
in parentheses the p-value of the paired bootstrap (Koehn 2004): how likely chance in
the choice of test lines alone would part two equal systems as far. 0.001 is the least
that 1,000 resamples can tell. One run a system, the first complete one: the test
knows nothing of how much another seed would change. Nor are the values corrected
for the number of pairs.
"""


def write_quality(recipes, results_dir, prefix):
    """Writes scores, BLEU by length and significance of one test set.

    Args:
        recipes: (recipe, its runs) pairs; a system that nobody ran has no runs.
        results_dir: where `tables` and `figures` lie.
        prefix: of the file names, for a corpus that is not the writeup's.

    Returns:
        The markdown and the paths written.
    """
    counted = {recipe: _counted_or_word(runs) for recipe, runs in recipes}
    systems = {
        recipe: counted[recipe]
        for recipe, runs in recipes
        if not runs or runs[0].system is not None
    }
    parts = (
        _write_scores(recipes, results_dir, prefix),
        _write_lengths(_only_counted(counted), results_dir, prefix),
        _write_significance(systems, results_dir, prefix),
    )
    texts = [text for text, _ in parts]
    return "\n".join(texts), [path for _, paths in parts for path in paths]


def _counted_or_word(runs):
    """The first complete run, counted, or a word that says why there is none."""
    run = first_complete(runs)
    if run is None:
        return runs[0].status if runs else "missing"
    try:
        return count_run(run)
    except MissingTokenizer:
        return "no tokenizer"
    except InputError:
        return "no lines"


def _only_counted(systems):
    return [system for system in systems.values() if isinstance(system, CountedRun)]


def _write_scores(recipes, results_dir, prefix):
    runs = [run for _, runs in recipes for run in runs]
    table = score_tables.scores_table(runs)
    scores = markdown(score_tables.scores_for_reading(table))
    costs = markdown(score_tables.costs_for_reading(table))
    page = f"{SCORES_GUIDE}\n{scores}\n{COSTS_GUIDE}\n{costs}"
    signatures = "".join(f"- `{words}`\n" for words in score_tables.signatures(runs))
    if signatures:
        page += f"\nSignatures:\n\n{signatures}"
    return _write(table, page, "scores", "Scores", results_dir, prefix)


def _write_lengths(counted_runs, results_dir, prefix):
    if not counted_runs:
        return "### BLEU by length\n\nNo run has translations.\n", []
    table = lengths.length_table(counted_runs)
    stem = f"{prefix}bleu_by_length"
    figure = lengths.length_figure(table, "BLEU by length of the source")
    images = save_figure(figure, results_dir / "figures" / stem)
    signed = _signed(counted_runs)
    page = f"{LENGTHS_GUIDE}\n{markdown(lengths.length_matrix(table))}{signed}"
    name = "bleu_by_length"
    text, paths = _write(table, page, name, "BLEU by length", results_dir, prefix)
    image = f"![BLEU by length of the source](figures/{quote(images[0].name)})\n"
    return f"{text}\n{image}", paths + images


def _write_significance(systems, results_dir, prefix):
    heading = "Significance"
    if len(_only_counted(systems)) < 2:
        return f"### {heading}\n\nFewer than two systems have translations.\n", []
    table = significance_table(systems)
    signed = _signed(_only_counted(systems))
    page = f"{SIGNIFICANCE_GUIDE}\n{markdown(significance_matrix(table))}{signed}"
    return _write(table, page, "significance", heading, results_dir, prefix)


def _signed(counted_runs):
    names = dict.fromkeys(counted.tokenize for counted in counted_runs)
    return "".join(f"\nSignature: `BLEU|{signature(name)}`\n" for name in names)


def _write(table, page, name, heading, results_dir, prefix):
    """Writes a table and its page; returns them as a part of `REPORT.md`."""
    paths = write_table(table, results_dir / "tables" / f"{prefix}{name}", page)
    link = f"The same as [csv](tables/{quote(paths[0].name)}).\n"
    return f"### {heading}\n\n{page}\n{link}", paths
