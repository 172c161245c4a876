"""Writes millions of pairs: captions with numbers and names that vary.

    python -m benchmarks.many_captions OUT --pairs 5000000

Each pair is a caption of the built-in grammar inside a phrase with a number and a name,
so that the text has as many different words as large corpora have. The same seed gives
the same files; a longer train begins with the shorter one.
"""

import argparse
import random
from pathlib import Path

from keras_nmt.corpora import captions

BASE = 20_000
"""Captions that are drawn from."""

HELD_OUT = 1000
"""Pairs of validation, and of test."""

NAMES = 16_000
"""First names, and as many last names."""

FRAMES = (
    ("Bild {number}, aufgenommen von {name}: {text}",
     "Picture {number}, taken by {name}: {text}"),
    ("{name} schreibt am {day}. Mai: {text}", "{name} writes on May {day}: {text}"),
    ("{text} {number} Leute und {name} sahen zu.",
     "{text} {number} people and {name} watched."),
    ("{text}", "{text}"),
)  # fmt: skip
"""How a caption is framed, in both languages."""

SYLLABLES = (
    *("ba", "ber", "da", "den", "el", "fa", "gar", "hol", "in", "ka", "lan", "mar"),
    *("nor", "or", "pet", "ros", "sa", "tor", "ul", "wen"),
)


def pairs(count, seed):
    """Yields `count` (German, English) pairs."""
    base, names = captions.generate(BASE), [_name(n) for n in range(NAMES)]
    draw = random.Random(seed).random
    for _ in range(count):
        german, english = base[int(draw() * BASE)]
        frames = FRAMES[int(draw() * len(FRAMES))]
        number = int(10 ** (6 * draw()))
        name = f"{names[int(draw() * NAMES)]} {names[int(draw() * NAMES)]}"
        words = {"number": number, "name": name, "day": 1 + number % 31}
        yield (
            frames[0].format(text=german, **words),
            frames[1].format(text=english, **words),
        )


def _name(number):
    """`Marina` or `Holber`: of two or three of the 20 syllables."""
    places = number % 20, number // 20 % 20, number // 400
    return "".join(SYLLABLES[p] for p in places if p < 20).capitalize()


def write(folder, part, count, seed):
    """Writes the two files of a part."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{part}.{language}" for language in ("de", "en")]
    with (
        paths[0].open("w", encoding="utf-8") as german,
        paths[1].open("w", encoding="utf-8") as english,
    ):
        for pair in pairs(count, seed):
            german.write(pair[0] + "\n")
            english.write(pair[1] + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pairs", type=int, default=5_000_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    write(options.out, "train", options.pairs, options.seed)
    write(options.out, "val", HELD_OUT, options.seed + 1)
    write(options.out, "test", HELD_OUT, options.seed + 2)


if __name__ == "__main__":
    main()
