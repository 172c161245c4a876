"""Finds out which of the served languages a text is written in."""

from keras_nmt.specials import UNK
from keras_nmt.text.scripts import script_of, usual_script

SAMPLE = 1000
"""Characters of a text that are looked at."""


def detect(text, systems):
    """The source languages of the systems, the most probable first.

    A language is as probable as the share of the text, in characters, that its system
    knows the tokens of. Among equals the one with fewer tokens goes first, since
    subwords are longest in the language that they were learned from. A server with one
    source language always names that one; the confidence says how well it fits.

    Args:
        text: of any length.
        systems: list of `Served`, one for each language.

    Returns:
        a list of `{"language": code, "confidence": 0 to 100}`.
    """
    sample = text[:SAMPLE]
    found = []
    for system in systems:
        share, count = _fit(sample, system)
        found.append((-share, count, system.source))
    return [
        {"language": language, "confidence": round(-100 * share)}
        for share, _, language in sorted(found)
    ]


def _fit(text, system):
    """The share of the text that the system knows, and the number of its tokens."""
    script, usual = script_of(text), usual_script(system.source)
    if None not in (script, usual) and script != usual:
        return 0.0, 0
    source = system.translator.source
    tokens = [x for x in source.tokenizer.tokenize(text) if x.strip("▁ \n\t")]
    ids = source.vocabulary.encode(tokens)[1:-1]
    known = sum(len(token) for token, i in zip(tokens, ids, strict=True) if i != UNK)
    return known / max(sum(map(len, tokens)), 1), len(tokens)
