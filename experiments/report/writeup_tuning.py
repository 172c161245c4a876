"""The parts of `WRITEUP.md` on the searches for better values of a recipe's fields."""

from collections import Counter

from experiments.report.tables import markdown_table
from experiments.report.writeup_comparison import compared
from experiments.report.writeup_facts import TUNED, TUNING, study_file

DEFAULTS = {"norm": "post"}
"""Of fields that the configurations of earlier versions do not have."""

BEST = {"recurrent": "lstm_attention_best", "transformer": "full_transformer_best"}
"""Family -> the writeup's own best."""


def study(facts, family):
    """What the searches over a family found; "" without one."""
    names = [name for name in TUNING if name.startswith(family)]
    return "".join(_study(facts, name, family) for name in names)


def _study(facts, name, family):
    writeup = BEST[family]
    trials = facts.tables.get(study_file(name, "trials.csv"))
    best = facts.tables.get(study_file(name, "best.toml"))
    if not trials or not best:
        return ""
    shares = {
        row["field"]: float(row["share"])
        for row in facts.tables.get(study_file(name, "importances.csv"), ())
    }
    tally = Counter(row["status"] for row in trials)
    value = min(float(x["value"]) for x in trials if x["status"] == "complete")
    theirs = facts.configs.get(writeup, {})
    fields = [x for x in best if x in trials[0] and x != "epochs"]
    fields.sort(key=lambda field: -shares.get(field, 0))
    rows = [
        [
            field.replace("_", " "),
            str(theirs.get(field, DEFAULTS.get(field, ""))),
            _value(best[field]),
            f"{shares[field]:.0%}" if field in shares else "",
        ]
        for field in fields
    ]
    header = ["field", f"`{writeup}`", "best trial", "share of the main effects"]
    alike = ", ".join(
        field.replace("_", " ")
        for field in fields
        if _value(theirs.get(field, DEFAULTS.get(field))) == _value(best[field])
    )
    figures = "".join(
        f"![{title}](tuning/{name}/{figure}.png)\n\n"
        for figure, title in (("history", "Trials"), ("importances", "Importances"))
        if figure == "history" or shares
    )
    told = ", ".join(f"{count} {status}" for status, count in tally.items())
    return (
        f"\nA search of {len(trials)} trials ({told}), {_budget(best)}: the least "
        f"validation loss is {value:.4f}. How\nmuch each field alone explains of the "
        f"differences between trials (fANOVA, a random forest), estimated\nfrom the "
        f"{tally['complete']} complete ones; from so few it is rough, and the pruned "
        "trials, mostly worse, are not in it:\n\n"
        f"{markdown_table(header, rows)}\n"
        f"The best trial agrees with the writeup's best in {alike or 'no field'}.\n\n"
        f"{_in_full(facts, writeup, TUNED[family])}"
        f"{figures}"
        f"Command: `python -m experiments.tune experiments/tuning/{name}.toml "
        f"--corpus multi30k --trials {len(trials)}`\n"
    )


def _in_full(facts, writeup, tuned):
    """Whether what the search found beats the writeup's best in full training."""
    if tuned not in facts.measures:
        return "Which of both is better in full training was not measured.\n\n"
    rows, sentence = compared(facts, writeup, tuned)
    return (
        f"Trained in full, for {facts.configs[tuned]['epochs']} epochs like the "
        f"writeup's:\n\n{markdown_table(['', writeup, tuned], rows)}\n"
        f"{sentence}\n\n"
    )


def _value(value):
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _budget(best):
    """How long each trial may train."""
    epochs, updates = best["epochs"], best.get("epoch_updates")
    if not updates:
        return f"{epochs} epochs each"
    size = best.get("batch_size", "some")
    return f"{epochs * updates} updates of {size} pairs each, far fewer than in full"
