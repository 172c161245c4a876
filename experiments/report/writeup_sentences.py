"""The parts of `WRITEUP.md` with the writeup's translated sentences beside ours."""

import difflib
import re

from experiments.explanations.repetition import repetition_rate
from experiments.report.tables import escaped, markdown_table
from experiments.report.writeup_facts import SENTENCES

UNNAMED = "unnamed"
ILLEGIBLE = "*illegible or missing*"
SECOND_TABLE = """
The writeup has a second table under this heading, without the name of a system and in
part illegible; its translations stand at the sentences that they fit best. Ours beside
it are of `full_transformer`.

"""


def encoder_only(facts):
    return _part(facts, "encoder_only")


def full_transformer(facts):
    second = _part(facts, "full_transformer", UNNAMED)
    return _part(facts, "full_transformer_best") + (second and SECOND_TABLE + second)


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


def _part(facts, system, name=None):
    """The sentences of one of the writeup's tables beside those of our system.

    Args:
        facts: the `Facts`.
        system: ours.
        name: of the table's system, if the writeup does not say that it is this one.
    """
    name = name or system
    rows = [x for x in facts.tables.get(SENTENCES, ()) if x["system"] == name]
    ours = facts.translations.get(system)
    if not rows or not ours or len(ours) < len(rows):
        return ""
    ours = ours[: len(rows)]
    theirs = [_words(row["hypothesis"].replace(r"\n", " ")) for row in rows]
    mine = [_words(line.hypothesis) for line in ours]
    references = [_words(line.reference) for line in ours]
    cells = [
        [
            escaped(reference),
            marked(one, reference) or ILLEGIBLE,
            marked(other, reference),
        ]
        for reference, one, other in zip(references, theirs, mine, strict=True)
    ]
    legible = [place for place, text in enumerate(theirs) if text]
    return (
        "Bold are words that the reference does not have there; line ends are left"
        "\nout.\n\n"
        f"{markdown_table(['reference', 'writeup', 'ours'], cells)}\n"
        f"Doubled words in these {len(legible)} sentences: "
        f"{repetition_rate([theirs[n] for n in legible]):.1%} in the writeup's, "
        f"{repetition_rate([mine[n] for n in legible]):.1%} "
        "in ours.\n\nCommand: `make report`\n"
    )


def _words(text):
    """Lower-cased words and marks between spaces; `<unk>` is one word."""
    return " ".join(re.findall(r"<unk>|\w+|[^\w\s]", text.lower()))
