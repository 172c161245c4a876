"""Translates lines: python translate.py [--beam-size 4] [--scores] < source.txt"""

import argparse
import itertools
import json
import sys
from pathlib import Path

import torch
from lines import is_blank, read_lines
from transformers import MarianMTModel, PreTrainedTokenizerFast

HERE = Path(__file__).parent
SETTINGS = json.loads((HERE / "settings.json").read_text(encoding="utf-8"))
BATCH = 128


def load():
    """The tokenizers of both sides, and the model."""
    target = HERE / "target_tokenizer"
    folders = HERE, target if target.is_dir() else HERE
    tokenizers = [PreTrainedTokenizerFast.from_pretrained(x) for x in folders]
    return *tokenizers, MarianMTModel.from_pretrained(HERE).eval()


def translate(lines, source, target, model, beam_size=4, length_penalty=0.6):
    """(translation, score) of each line; the score is None for a blank line."""
    tokens = {
        n: source(line, truncation=True)["input_ids"]
        for n, line in enumerate(lines)
        if not is_blank(line)
    }
    found = [("", None)] * len(lines)
    config, end = model.config, model.config.eos_token_id
    silent = config.bos_token_id, end, config.pad_token_id
    order = sorted(tokens, key=lambda n: len(tokens[n]))
    for length, group in itertools.groupby(order, lambda n: len(tokens[n])):
        group = list(group)
        for members in (group[i : i + BATCH] for i in range(0, len(group), BATCH)):
            most = min(length + SETTINGS["extra_length"], SETTINGS["max_length"])
            outputs = model.generate(
                torch.tensor([tokens[n] for n in members]),
                num_beams=beam_size,
                num_return_sequences=beam_size,
                length_penalty=0.0 if beam_size > 1 else None,
                max_length=most + 1,
                do_sample=False,
                output_scores=True,
                return_dict_in_generate=True,
            )
            count = len(members), beam_size
            hypotheses = outputs.sequences[:, 1:].reshape(*count, -1).tolist()
            log_probs = log_probabilities(outputs, end).reshape(count).tolist()
            for n, *candidates in zip(members, hypotheses, log_probs, strict=True):
                ids, score = best(*candidates, end, length_penalty)
                words = [i for i in ids if i not in silent]
                found[n] = target.decode(words, skip_special_tokens=False), score
    return found


def best(hypotheses, log_probs, end, length_penalty):
    """The ids and the score of the best hypothesis (Wu et al. 2016, equation 14)."""
    scored = []
    for ids, log_prob in zip(hypotheses, log_probs, strict=True):
        length = ids.index(end) + 1 if end in ids else len(ids)
        score = log_prob / ((5 + length) / 6) ** length_penalty
        scored.append((score, ids[:length]))
    score, ids = max(scored, key=lambda pair: pair[0])
    return ids, score


def log_probabilities(outputs, end):
    """The log-probability of each hypothesis; greedy search does not give it."""
    if "sequences_scores" in outputs:
        return outputs.sequences_scores
    ids = outputs.sequences[:, 1:]
    steps = torch.stack(outputs.scores, dim=1).log_softmax(-1)
    steps = steps.gather(2, ids[:, :, None])[:, :, 0]
    ends = ids == end
    steps[ends.cumsum(1) > ends.long()] = 0.0
    return steps.sum(1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--beam-size", type=int, default=SETTINGS["beam_size"])
    penalty = SETTINGS["length_penalty"]
    parser.add_argument("--length-penalty", type=float, default=penalty)
    parser.add_argument("--scores", action="store_true")
    options = parser.parse_args()
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    lines = read_lines(sys.stdin.buffer)
    for text, score in translate(
        lines, *load(), options.beam_size, options.length_penalty
    ):
        cells = ["" if score is None else str(score)] if options.scores else []
        print(*cells, text, sep="\t")
