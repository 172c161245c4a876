"""`WRITEUP.md`: the writeup's headings, its numbers beside ours, and a verdict each.

The page is made of run folders and of the files that `experiments.explanations`,
`experiments.theory` and `experiments.representations` write. A part whose file is
missing is left out.
"""

from experiments.report import writeup_parts as parts
from experiments.report import writeup_sentences as sentences
from experiments.report.verdicts import RULES
from experiments.report.writeup_facts import facts_of
from experiments.report.writeup_images import paper
from experiments.report.writeup_translators import translators
from keras_nmt.files import write_whole

PAGE = "WRITEUP.md"

STALE = """
Four of these measurements are older than faults that were found in them and mended,
and stand until they are made again: the heads' distances and divergences counted
padding that an encoder sees; CKA of rnn and lstm let the decoders read their own words;
alignments took a word that occurs twice for sure; gradients admitted references of four
words.
"""
"""What the committed files of `experiments` do not follow yet; empty once they do."""

LEAD = f"""\
# The writeup, heading by heading

Each part has the writeup's numbers, ours (mean ± standard deviation over runs), and a
verdict by these rules:

{RULES}

Losses are counted as the writeup counts them, `<sos>` included; BLEU is lower-cased.
Perplexity is the exponential of the loss, so only curves of the loss are drawn.
`make report` writes this page.

Weights are not in the repository. What needs them (gradients, losses by position and
length, attention, feeding, heads, layers) was measured on runs that were trained again
for it, so their scores differ by chance from those of the tables of results; how many
runs of each system these were stands at each table.
{STALE}"""

PARTS = (
    ("Seq2Seq Results – Default configuration", parts.seq2seq_results),
    ("Seq2Seq Explanation (RNN vs LSTM)", parts.rnn_and_lstm),
    ("Seq2Seq Explanation (RNN vs RNN-with-Attention)", parts.rnn_and_attention),
    ("Seq2Seq Results – Best model", parts.seq2seq_best),
    ("Seq2Seq Explanation – Best model", parts.seq2seq_explanation),
    ("Transformer Results", parts.transformer_results),
    ("Full Transformer Explanation – Best model", parts.transformer_explanation),
    ("Transformer (Encoder Only) Translation Results", sentences.encoder_only),
    ("Full Transformer Translation Results", sentences.full_transformer),
    (
        "Compare Transformer (Encoder Only) to Transformer (Full transformer)",
        parts.encoder_only_and_full,
    ),
    ("Compare Seq2Seq to Transformer (Best models)", parts.best_models),
    ("Theory question", parts.theory),
    ("Paper discussion", lambda facts: paper(facts) + translators(facts)),
)
"""The writeup's headings in its order, and what writes each part."""


def write_writeup_page(contents, results_dir):
    """Writes the page; returns its path.

    Args:
        contents: the `Contents` of the writeup's corpus.
        results_dir: where the files are, and where the page goes.

    Returns:
        None if one of the writeup's systems has fewer than two complete runs.

    Raises:
        InputError: a file cannot be used; the message names it.
    """
    facts = facts_of(contents, results_dir)
    if facts is None:
        return None
    texts = [LEAD]
    for heading, part in PARTS:
        text = part(facts)
        if text:
            texts.append(f"## {heading}\n\n{text}")
    return write_whole(results_dir / PAGE, "\n".join(texts))
