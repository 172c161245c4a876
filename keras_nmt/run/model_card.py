"""The model card of a model folder (Mitchell et al. 2019, "Model Cards")."""

import json
import re
import shlex
from pathlib import Path

from keras_nmt.errors import InputError
from keras_nmt.evaluation.scores import CASES
from keras_nmt.recipes.recipe import Recipe
from keras_nmt.run import card_commands
from keras_nmt.run.language_pairs import name_of, pair_of, usual
from keras_nmt.run.model_folder import SHIPPED
from keras_nmt.search.beam import BeamSearch
from keras_nmt.text.tokenizer import SubwordTokenizer

SYSTEMS = {
    "EncoderOnlyTranslator": "An encoder of a transformer",
    "InputFeedingTranslator": "A recurrent network with input feeding",
    "RecurrentTranslator": "A recurrent network",
    "TransformerTranslator": "A transformer",
}
"""What each system is, in words."""

USE = """\
```bash
keras-nmt translate {model} < source.txt > translations.txt
```

In Python: `keras_nmt.load({path}).translate(lines)`. Every backend can load it; the
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


def text(folder, run, trained, scores, examples, note=""):
    """The card, in Markdown, from the files of the run.

    Args:
        folder: the model's; its name is the model's.
        run: the complete `Run` that it is made from.
        trained: its `TrainedTranslator`.
        scores: of all test lines, as `evaluation.scores.score` gives them.
        examples: `Translation`s to show.
        note: a paragraph of the user's.
    """
    folder = folder.resolve()
    parts = [
        f"# {folder.name}\n",
        _what(folder, run, trained),
        "## Use\n",
        _use(folder),
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


def _what(folder, run, trained):
    system, count = type(trained.model).__name__, trained.model.count_params()
    size = f"{count / 10**6:,.1f} million" if count >= 10**6 else f"{count:,}"
    words = "words"
    if isinstance(trained.target.tokenizer, SubwordTokenizer):
        words = "pieces of words"
    return (
        f"{SYSTEMS[system]} ({size} parameters, a vocabulary of "
        f"{len(trained.target.vocabulary):,} {words}){_languages(folder, run, trained)}"
        f", trained on {run.corpus} by the recipe `{run.recipe}`.\n"
    )


def _languages(folder, run, trained):
    """What it translates, where the run or the name of the model tells it."""
    for place in (run.folder, Path(folder.anchor, folder.name)):
        try:
            source, target = map(usual, pair_of(place, trained))
        except InputError:
            continue
        return f" that translates {name_of(source)} to {name_of(target)}"
    return ""


def _use(folder):
    """How to translate: by its name in the repository, elsewhere from beside it."""
    model, path, where = shlex.quote(folder.name), folder.name, ""
    if folder.parent == SHIPPED.resolve():
        model, path = f"--model {model}", f"results/models/{path}"
    else:
        where = "In the folder that holds this one:\n\n"
    return where + USE.format(model=model, path=json.dumps(path, ensure_ascii=False))


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
        f"\n{card_commands.text(run, search)}"
    )
