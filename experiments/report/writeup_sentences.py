"""The parts of `WRITEUP.md` with the writeup's translated sentences beside ours."""

import difflib
import re

from experiments.explanations.repetition import repetition_rate
from experiments.report.tables import escaped, markdown_table
from experiments.report.writeup_facts import SENTENCES


def encoder_only(facts):
    return _part(facts, "encoder_only")


def full_transformer(facts):
    return _part(facts, "full_transformer_best")


def marked(hypothesis, reference):
    """The words of a hypothesis; bold are those that the reference has not there.

    >>> marked("a dog dog runs", "the dog runs")
    '**a** dog **dog** runs'

    Args:
        hypothesis, reference: text of words between spaces.
    """
    words, expected = hypothesis.split(), reference.split()
    matcher = difflib.SequenceMatcher(None, expected, words, autojunk=False)
    right = {
        place
        for _, start, size in matcher.get_matching_blocks()
        for place in range(start, start + size)
    }
    return " ".join(
        escaped(word) if place in right else f"**{escaped(word)}**"
        for place, word in enumerate(words)
    )


def _part(facts, system):
    rows = [x for x in facts.tables.get(SENTENCES, ()) if x["system"] == system]
    ours = facts.translations.get(system)
    if not rows or not ours or len(ours) < len(rows):
        return ""
    ours = ours[: len(rows)]
    theirs = [_words(row["hypothesis"].replace(r"\n", " ")) for row in rows]
    mine = [_words(line.hypothesis) for line in ours]
    references = [_words(line.reference) for line in ours]
    cells = [
        [escaped(reference), marked(one, reference), marked(other, reference)]
        for reference, one, other in zip(references, theirs, mine, strict=True)
    ]
    return (
        "Bold are words that the reference does not have there; line ends are left"
        "\nout.\n\n"
        f"{markdown_table(['reference', 'writeup', 'ours'], cells)}\n"
        f"Doubled words in these {len(rows)} sentences: "
        f"{repetition_rate(theirs):.1%} in the writeup's, {repetition_rate(mine):.1%} "
        "in ours.\n\nCommand: `make report`\n"
    )


def _words(text):
    """Lower-cased words and marks between spaces; `<unk>` is one word."""
    return " ".join(re.findall(r"<unk>|\w+|[^\w\s]", text.lower()))
