"""What the writeup says in its explanations, claim by claim, and what is found here.

Each function is of the `Facts` and gives a table. It says which claims were not
measured.
"""

from experiments.report.tables import markdown_table
from experiments.report.verdicts import better
from experiments.report.writeup_facts import (
    ALIGNMENTS,
    GRADIENTS,
    LOSSES,
    REPETITIONS,
    SERIES,
    SLOPES,
    TUNING,
    study_file,
)
from experiments.report.writeup_mechanisms import above, better_than, vanishes

OPEN = "not measured"
BELOW = "see below"


def rnn_and_lstm(facts):
    more = facts.row(GRADIENTS, "lstm - rnn", distance="kept")
    lstm = facts.row(GRADIENTS, "lstm", distance="kept")
    return _table(
        (
            "LSTM has both lower perplexity and loss than RNN",
            _lower_loss(facts, "lstm", "rnn"),
        ),
        (
            "designed to address the vanishing gradient problem",
            more
            and f"that after training it keeps more of the gradient "
            f"**{above(more, 'end')}**, that it vanishes all the same "
            f"**{vanishes(lstm, 'end')}**",
        ),
        (
            "It can capture long-term dependencies via memory cells",
            _grows(facts, "lstm"),
        ),
        ("gates regulate the information flow", OPEN),
        ("generally easier to train compared to traditional RNNs", OPEN),
    )


def rnn_and_attention(facts):
    name = "rnn_attention"
    looks = facts.row(ALIGNMENTS, name)
    uniform = facts.row(LOSSES, f"{name}, uniform - {name}", by="all")
    focus = [
        uniform
        and f"that equal attention would make it worse **{above(uniform, 'loss')}**",
        looks
        and "that it finds the aligned word more often than the place alone does "
        f"**{better_than(looks, 'diagonal')}**",
    ]
    return _table(
        (
            "RNN-with-Attention has both lower perplexity and loss than RNN",
            _lower_loss(facts, name, "rnn"),
        ),
        (
            "selectively focus on relevant parts of the input sequence",
            "; ".join(filter(None, focus)),
        ),
        ("effectively capture long-range dependencies", _grows(facts, name)),
        ("effectively reduced context fragmentation", OPEN),
    )


def seq2seq_best(facts):
    others = "rnn", "lstm", "rnn_attention"
    beats = ", ".join(
        f"than `{name}` **{_loss_verdict(facts, 'lstm_attention', name)}**"
        for name in others
    )
    gap = _mean_gap(facts, "lstm_attention")
    search = "see the search below" if _is_searched(facts, "recurrent") else OPEN
    return _table(
        (
            "the LSTM model with attention, which has the best performance for now "
            "with the default set up among the four models",
            f"that its validation loss is lower {beats}",
        ),
        (
            "the validation loss and perplexity have already been almost the same as "
            "the training loss and perplexity when the hidden dimension is set to 128",
            f"validation is {gap:.3f} nats above training here",
        ),
        (
            "increased the hidden dimension of both encoder and decoder to allow the "
            "model to capture more complex patterns",
            search,
        ),
        ("increased embedding size to allow for more expressive power", search),
        ("to prevent overfitting, I increased the dropout rate to 0.3", search),
    )


def transformer_best(facts):
    best, default = "full_transformer_best", "full_transformer"
    found = ", ".join(
        f"of {word} **{_loss_verdict(facts, best, default, measure)}**"
        for word, measure in (("training", "loss"), ("validation", "val_loss"))
    )
    series = BELOW if facts.rows(SERIES) else OPEN
    return _table(
        (
            "richer feature representations, which might lead to better generalization "
            "and performance on both the training and validation sets",
            f"that the loss is lower {found}; width and heads change at once",
        ),
        (
            "attention heads allows the model to attend to more diverse aspects of the "
            "input sequence",
            series,
        ),
        (
            "tried to increase the dropout rate to prevent potential overfitting but "
            "found the model's performance became worse",
            series,
        ),
    )


def encoder_only_and_full(facts):
    one, other = "encoder_only", "full_transformer"
    return _table(
        (
            "the full transformer should have better BLEU scores",
            _more_bleu(facts, other, one),
        ),
        (
            "better fluency, coherence, and semantic accuracy",
            f"{_fewer_doubled(facts, other, one)}; coherence and meaning are "
            f"{OPEN} but by BLEU",
        ),
        (
            "The encoder-only transformer only generates a list of words without "
            "forming a coherent sentence",
            BELOW,
        ),
        (
            "the full transformer can capture bidirectional dependencies",
            "no difference: both encoders read the whole source",
        ),
    )


def best_models(facts):
    one, other = "lstm_attention_best", "full_transformer_best"
    falls = facts.row(SLOPES, one, lines="kept")
    return _table(
        (
            "the full transformer has better BLEU scores",
            _more_bleu(facts, other, one),
        ),
        (
            "better fluency, coherence, and semantic accuracy",
            f"{_fewer_doubled(facts, other, one)}; coherence and meaning are "
            f"{OPEN} but by BLEU",
        ),
        ("tends to perform well at the first few words of each sentences", OPEN),
        (
            "its performance becomes worse when sentence becomes longer",
            falls and BELOW,
        ),
    )


# === What several parts hold ===


def _table(*rows):
    """Claims, in the writeup's words, and what is found; OPEN for None and ""."""
    cells = [[f"“{claim}”", found or OPEN] for claim, found in rows]
    return f"\n{markdown_table(['the writeup says', 'here'], cells)}"


def _loss_verdict(facts, one, other, measure="val_loss"):
    return better(facts.of(one, measure), facts.of(other, measure), less=True)


def _lower_loss(facts, one, other):
    """Perplexity is the loss's exponential, so one verdict is that of both."""
    return f"lower validation loss **{_loss_verdict(facts, one, other)}**"


def _more_bleu(facts, one, other):
    return f"**{better(facts.of(one, 'bleu'), facts.of(other, 'bleu'))}**"


def _mean_gap(facts, name):
    """How far validation loss is above that of training, in the mean of the runs."""
    pairs = zip(facts.of(name, "val_loss"), facts.of(name, "loss"), strict=True)
    gaps = [validation - training for validation, training in pairs]
    return sum(gaps) / len(gaps)


def _is_searched(facts, family):
    """Whether a search over a family of systems is shown."""
    names = [name for name in TUNING if name.startswith(family)]
    return any(study_file(name, "best.toml") in facts.tables for name in names)


def _grows(facts, name):
    slope = facts.row(LOSSES, f"rnn - {name}", by="position", group="slope")
    return slope and (
        f"that its lead grows along the sentence **{above(slope, 'loss')}**, see below"
    )


def _fewer_doubled(facts, one, other):
    rows = [facts.row(REPETITIONS, name) for name in (one, other)]
    if None in rows:
        return f"doubled words are {OPEN}"
    bounds = [[float(row[x]) for x in ("least", "greatest")] for row in rows]
    return f"that it doubles fewer words **{better(*bounds, less=True)}**"
