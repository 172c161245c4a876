"""Translates lines: python translate.py [--beam-size 4] [--scores] < source.txt"""

import argparse
import json
import sys
from pathlib import Path

import tensorflow as tf
import tensorflow_text  # noqa: F401  registers the operations that cut text
import text
from lines import is_blank, read_lines

HERE = Path(__file__).parent
SETTINGS = json.loads((HERE / "settings.json").read_text(encoding="utf-8"))
BATCH = 128

# A GPU would round what it multiplies.
tf.config.experimental.enable_tensor_float_32_execution(False)


def translate(lines, model, beam_size=4, length_penalty=0.6):
    """(translation, score) of each line; the graph has a beam of one size."""
    found = [("", None)] * len(lines)
    order = [n for n in range(len(lines)) if not is_blank(lines[n])]
    order.sort(key=lambda n: len(lines[n]))
    name = "serving_default" if beam_size == 1 else "beam_search"
    options = {} if beam_size == 1 else {"length_penalty": tf.constant(length_penalty)}
    for members in (order[i : i + BATCH] for i in range(0, len(order), BATCH)):
        given = tf.constant([written(lines[n], text.source) for n in members])
        outputs = model.signatures[name](lines=given, **options)
        best = outputs["translations"][:, 0].numpy(), outputs["scores"][:, 0].numpy()
        for n, translation, score in zip(members, *best, strict=True):
            found[n] = joined(translation.decode("utf-8"), text.target), float(score)
    return found


def written(line, words):
    """Words with a space between them; the graph cuts a line into subwords itself."""
    if words is None:
        return line
    return " ".join(word.replace(" ", "␣") for word in words.tokenize(line))


def joined(line, words):
    """The text of a translation."""
    if words is None:
        return line
    tokens = line.split(" ") if line else []
    return words.detokenize([token.replace("␣", " ") for token in tokens])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    size, penalty = SETTINGS["beam_size"], SETTINGS["length_penalty"]
    parser.add_argument("--beam-size", type=int, default=size, choices=(1, size))
    parser.add_argument("--length-penalty", type=float, default=penalty)
    parser.add_argument("--scores", action="store_true")
    options = parser.parse_args()
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    lines = read_lines(sys.stdin.buffer)
    model = tf.saved_model.load(str(HERE))
    for translation, score in translate(
        lines, model, options.beam_size, options.length_penalty
    ):
        cells = ["" if score is None else str(score)] if options.scores else []
        print(*cells, translation, sep="\t")
