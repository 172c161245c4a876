"""The model card of a model folder (Mitchell et al. 2019, "Model Cards")."""

import re

from keras_nmt.corpora.options import BUILT_IN
from keras_nmt.evaluation.scores import CASES
from keras_nmt.recipes.recipe import Recipe
from keras_nmt.run.status import AVERAGE
from keras_nmt.search.beam import BeamSearch

USE = """\
```bash
keras-nmt translate --model {name} < source.txt > translations.txt
```

In Python: `keras_nmt.load("{folder}").translate(lines)`. Every backend can load it; the
weights are stored in float16 and computed with in float32.
"""

RESPELLING = """\
Lines in capitals, and lines with ae, oe, ue and ss for ä, ö, ü and ß, are read in the
spelling that the training text has, and a warning shows them; `--as-written` reads them
as they are.
"""

LIMITS = """\
It knows the kind of sentence that it was trained on and little else: text of another
kind is translated badly, and fluently all the same. A word that is not among its pieces
is spelled out or lost; names and numbers may come out wrong. It has no notion of the
sentences around. Do not use it where a wrong translation does harm.
"""


def text(name, run, trained, scores, examples, note=""):
    """The card, in Markdown, from the files of the run.

    Args:
        name: of the model.
        run: the complete `Run` that it is made from.
        trained: its `TrainedTranslator`.
        scores: of all test lines, as `evaluation.scores.score` gives them.
        examples: `Translation`s to show.
        note: a paragraph of the user's.
    """
    parts = [
        f"# {name}\n",
        _what(run, trained),
        "## Use\n",
        USE.format(name=name, folder=f"results/models/{name}"),
        "## Scores\n",
        _scores(scores, trained.search),
        "## Examples\n\nThe first test sentences.\n",
        _examples(examples),
        "## Data\n",
        _data(run.config),
        "## How it was made\n",
        _made(run, trained.search),
        "## Limits\n",
        LIMITS,
        "## Licence\n",
        "The weights are under the project's licence, Apache-2.0. The training text "
        "belongs to its authors; their terms apply to it.\n",
    ]
    if trained.respell:
        parts.insert(parts.index("## Scores\n"), RESPELLING)
    if note:
        parts[2:2] = [note.strip() + "\n"]
    return "\n".join(parts)


def _what(run, trained):
    parameters = trained.model.count_params()
    vocabulary = len(trained.target.vocabulary)
    return (
        f"A {type(trained.model).__name__} of {parameters:,} parameters with "
        f"{vocabulary:,} target tokens, trained on {run.corpus} by the recipe "
        f"`{run.recipe}`.\n"
    )


def _scores(every, search):
    """BLEU, chrF and TER of the test set, cased and lower-cased."""
    rows = []
    for case in CASES:
        for measure, found in every[case].items():
            low, high = found["interval"]
            rows.append(
                f"| {measure}, {case} | {found['score']:.2f} | {low:.2f} to {high:.2f} "
                f"| `{found['signature']}` |"
            )
    head = "| | score | 95 % interval | sacreBLEU's signature |", "|---|---|---|---|"
    table = "\n".join([*head, *rows])
    how = "greedy search"
    if isinstance(search, BeamSearch):
        how = (
            f"beam search, the model's default: {search.width} hypotheses, length "
            f"penalty {search.length_penalty}"
        )
    return f"{table}\n\n{every['sentences']:,} test lines, {how}.\n"


def _examples(rows):
    return (
        "\n".join(
            f"- *{_plain(row.source)}*\n  - translation: {_plain(row.hypothesis)}\n"
            f"  - reference: {_plain(row.reference)}"
            for row in rows
        )
        + "\n"
    )


def _plain(text):
    """Text in which Markdown sees no mark."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", " ".join(text.split()))


def _data(config):
    pairs = config.get("pairs", {})
    counts = ", ".join(f"{count:,} pairs of {part}" for part, count in pairs.items())
    return f"{config['corpus']}: {counts}.\n"


def _made(run, search):
    defaults = Recipe.defaults()
    differing = {
        name: value
        for name, value in run.config.items()
        if name in defaults and value != defaults[name]
    }
    options = ", ".join(f"`{name}` {value}" for name, value in differing.items())
    environment = run.environment
    return (
        f"Recipe `{run.recipe}`, seed {run.seed}, {environment.get('backend')} on "
        f"{environment.get('device')}, commit {environment.get('commit')}. {options}.\n"
        f"\nAgain:\n\n```bash\n{_commands(run, search)}```\n"
    )


def _commands(run, search):
    """Trains, averages and packages the same again."""
    recipe, *settings = run.recipe.split(",")
    words = "".join(f"--set {setting} " for setting in settings)
    corpus = run.corpus if run.corpus in BUILT_IN else "YOUR_TEXT"
    lines = [
        f"keras-nmt train {recipe} {words}--corpus {corpus} --seed {run.seed} "
        f"--epochs {run.config['epochs']} --out my_run"
    ]
    folder = "my_run"
    if AVERAGE in run.config:
        of = run.config[AVERAGE]["of"]
        by, count = re.fullmatch(r"([a-z]+)(\d+)", of).groups()
        lines.append(f"keras-nmt average my_run --{by} {count} --score-test")
        folder += f"-average-{of}"
    lines.append(f"keras-nmt package {folder} --out my_model{_options(search)}")
    return "\n".join([*lines, ""])


def _options(search):
    """The options of `keras-nmt package` that name the search."""
    return "".join(
        f" --{name.replace('_', '-')} {value}"
        for name, value in search.get_config().items()
    )
