"""Translates lines: python translate.py [--beam-size 4] [--scores] < source.txt"""

import argparse
import itertools
import json
import sys
from pathlib import Path

import ctranslate2
from lines import is_blank, read_lines
from text import SPECIALS, source, target

HERE = Path(__file__).parent
SETTINGS = json.loads((HERE / "settings.json").read_text(encoding="utf-8"))
UNK, PAD, SOS, EOS = SPECIALS


def read(line):
    """The tokens of a line, with the padding that the system was trained to see."""
    words = source.tokenize(line)[: SETTINGS["max_length"] - 2]
    tokens = [SOS, *(UNK if word in SPECIALS else word for word in words), EOS]
    return tokens + [PAD] * (SETTINGS["visible_padding"] - len(tokens))


def limit(tokens):
    """Most tokens of a translation."""
    length = len(tokens) - tokens.count(PAD) + SETTINGS["extra_length"]
    return min(length, SETTINGS["max_length"])


def best(result, length_penalty):
    """The words and the score of the best hypothesis (Wu et al. 2016, equation 14)."""
    scored = [
        (log_prob / ((5 + len(tokens)) / 6) ** length_penalty, tokens)
        for log_prob, tokens in zip(result.scores, result.hypotheses, strict=True)
    ]
    score, tokens = max(scored, key=lambda pair: pair[0])
    return [token for token in tokens if token not in (SOS, PAD, EOS)], score


def translate(lines, engine, beam_size=4, length_penalty=0.6):
    """(translation, score) of each line; the score is None for a blank line."""
    tokens = {n: read(line) for n, line in enumerate(lines) if not is_blank(line)}
    found = [("", None)] * len(lines)
    order = sorted(tokens, key=lambda n: limit(tokens[n]))
    for most, members in itertools.groupby(order, lambda n: limit(tokens[n])):
        members = list(members)
        results = engine.translate_batch(
            [tokens[n] for n in members],
            beam_size=beam_size,
            num_hypotheses=beam_size,
            length_penalty=0,
            max_decoding_length=most,
            min_decoding_length=0,
            max_input_length=0,
            max_batch_size=128,
            return_scores=True,
            return_end_token=True,
        )
        for n, result in zip(members, results, strict=True):
            words, score = best(result, length_penalty)
            found[n] = target.detokenize(words), score
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--beam-size", type=int, default=SETTINGS["beam_size"])
    penalty = SETTINGS["length_penalty"]
    parser.add_argument("--length-penalty", type=float, default=penalty)
    parser.add_argument("--scores", action="store_true")
    options = parser.parse_args()
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    lines = read_lines(sys.stdin.buffer)
    engine = ctranslate2.Translator(str(HERE))
    for text, score in translate(
        lines, engine, options.beam_size, options.length_penalty
    ):
        cells = ["" if score is None else str(score)] if options.scores else []
        print(*cells, text, sep="\t")
