"""What the contenders train on, prepared once.

    python -m benchmarks.training_data FOLDER DATA_DIR RECIPE|all|bfloat16 ...

Writes one JSON file a recipe, with its fields, the sizes of the vocabularies and
the pairs of ids, and answers with their paths, and with that of the recipe that one is
compared with. The pairs are those of Multi30k's train as the recipe takes them; where
DATA_DIR is empty they are made up, as many and as long.
"""

import dataclasses
import json
import sys
from pathlib import Path

import numpy as np

from benchmarks.contenders import Driver
from experiments import recipes
from keras_nmt.corpora import multi30k
from keras_nmt.preparation.in_memory import prepare
from keras_nmt.program.command_line import command_line
from keras_nmt.recipes.from_text import find
from keras_nmt.specials import EOS, SOS, SPECIALS

GROUPS = {
    "all": [name for name in recipes.RECIPES if name not in recipes.BFLOAT16],
    "bfloat16": list(recipes.BFLOAT16),
}
"""Recipes that go by one name; products in bfloat16 do not pay on every backend."""

COMPARED_WITH = {"full_transformer_bucketed": "full_transformer"}
"""Recipes that are another one with less work, which is timed beside them."""

VOCABULARY_SIZES = 7854, 5894
PAIRS = 24_240
MEAN_LENGTHS = 14.1, 14.8
SPREAD, CORRELATION = 2.7, 0.76
"""Of the lengths of Multi30k's pairs of at most 20 tokens, as the writeup cuts them."""


@command_line
def main(argv=None):
    folder, data_dir, *names = argv
    driver = Driver()
    chosen = [one for name in names for one in GROUPS.get(name, [name])]
    others = {name: COMPARED_WITH[name] for name in chosen if name in COMPARED_WITH}
    found = {name: find(name, recipes.RECIPES) for name in [*chosen, *others.values()]}
    corpus = multi30k.load(data_dir) if data_dir else None
    written = {
        name: write(Path(folder), recipe, corpus) for name, recipe in found.items()
    }
    driver.reply(
        paths={name: written[name] for name in chosen},
        compared={name: [other, written[other]] for name, other in others.items()},
        data="multi30k" if data_dir else "synthetic",
    )


def write(folder, recipe, corpus):
    """Writes what the contenders of a recipe train on; the file's path."""
    sizes, pairs = made_up() if corpus is None else prepared(corpus, recipe)
    path = folder / f"{recipe.name}.json"
    content = {
        "config": {**dataclasses.asdict(recipe), "family": type(recipe).__name__},
        "vocabulary_sizes": sizes,
        "pairs": pairs,
    }
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


def prepared(corpus, recipe):
    """Sizes of the vocabularies, and the pairs that `experiments.train` trains on."""
    found = prepare(corpus, **recipe.text_options())
    return found.sizes, list(found.pairs["train"])


def made_up():
    """The same for random ids; the lengths are normal, cut at 5 and 20."""
    generator = np.random.default_rng(0)
    covariance = SPREAD**2 * np.array([[1, CORRELATION], [CORRELATION, 1]])
    lengths = generator.multivariate_normal(MEAN_LENGTHS, covariance, PAIRS)
    pairs = [
        tuple(
            [SOS, *generator.integers(len(SPECIALS), size, length - 2).tolist(), EOS]
            for size, length in zip(VOCABULARY_SIZES, pair, strict=True)
        )
        for pair in lengths.round().clip(5, 20).astype(int)
    ]
    return VOCABULARY_SIZES, pairs


if __name__ == "__main__":
    main(sys.argv[1:])
