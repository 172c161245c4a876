"""The status of a run, and the reason, from the contents of its folder."""

import math
import re

STOPPED_EARLY = "stopped_early_at"
"""The key of scores.json with the last epoch of a run that needed fewer."""

AVERAGE = "average"
"""The key of config.json by which a folder holds the mean of another run's weights."""

AVERAGED = "averaged"
"""The status of such a folder. It is no result of its recipe, so no table counts it."""

PRUNED = "pruned"
"""The status of a run that a search for hyperparameters ended early, as it fell behind.
It is no result of its recipe; `reason` says when and why."""


def judge(folder, contents, missing, unreadable):
    """The status of a run, from the most serious fault.

    Args:
        folder: where the run is; its name must agree with the contents. None if the
            run may be anywhere.
        contents: what could be read, by file name: config, environment and scores
            as dicts, epochs and translations as lists of rows.
        missing: names of the files that are not there.
        unreadable: one message for each file that cannot be read.

    Returns:
        `(status, reason)`; the reason of a complete run is empty.
    """
    epochs = contents.get("epochs.csv")
    if unreadable:
        return "failed", "; ".join(unreadable)
    if AVERAGE in contents.get("config.json", {}):
        return _declared(contents) or ("partial", "no scores.json")
    for fault in (
        _misplaced(folder, contents),
        _miscounted(epochs),
        _unequal(contents),
    ):
        if fault:
            return "failed", fault
    if _is_diverged(epochs):
        return "nan", f"the loss of epoch {len(epochs)} is not finite"
    return _declared(contents) or _unfinished(contents, missing) or ("complete", "")


def backend_and_seed(folder):
    """`jax-seed3` -> `("jax", 3)`; a name of another form has no seed.

    `jax-seed3-average-last5`, an average of that run's weights, gives the same.
    """
    match = re.fullmatch(r"(.+?)-seed(\d+)(-average-(?:last|best)\d+)?", folder.name)
    return (match[1], int(match[2])) if match else (folder.name, None)


def _misplaced(folder, contents):
    """How the files contradict the folder's name; "" if they agree."""
    if folder is None:
        return ""
    backend, seed = backend_and_seed(folder)
    if seed is None or not folder.name.endswith(f"-seed{seed}"):
        return f"the folder is not named <backend>-seed<k>: {folder.name}"
    config = contents.get("config.json", {})
    claims = [
        (config.get("recipe"), folder.parent.name),
        (config.get("seed"), seed),
        (contents.get("environment.json", {}).get("backend"), backend),
    ]
    for claim, place in claims:
        if claim not in (None, place):
            return f"its files say {claim}, its folder says {place}"
    return ""


def _miscounted(epochs):
    """Whether an interruption lost or repeated epochs; "" if each is logged once."""
    if epochs is None:
        return ""
    numbers = [epoch["epoch"] for epoch in epochs]
    if numbers == list(range(1, len(epochs) + 1)):
        return ""
    logged = ", ".join(f"{number:g}" for number in numbers)
    return f"epochs.csv logs the epochs {logged}; expected each once, from 1"


def _unequal(contents):
    """How scores and translations differ in their number of sentences; "" if equal."""
    test = contents.get("scores.json", {}).get("test")
    whole = test.get("all") if isinstance(test, dict) else None
    scored = whole.get("sentences") if isinstance(whole, dict) else None
    there = len(contents.get("translations.tsv", ()))
    if scored is None or "translations.tsv" not in contents or scored == there:
        return ""
    return f"scores.json counts {scored} sentences, translations.tsv holds {there}"


def _is_diverged(epochs):
    if not epochs:
        return False
    last = epochs[-1]
    return not (math.isfinite(last["loss"]) and math.isfinite(last["val_loss"]))


def _declared(contents):
    """The status that training wrote, unless it is `complete`.

    A declared `nan` counts as `failed` if the last logged epoch is finite: that row is
    not the run's result.
    """
    scores = contents.get("scores.json", {})
    status = str(scores.get("status", "complete"))
    if status == "complete":
        return None
    reason = scores.get("reason", f"scores.json says {status}")
    return "failed" if status == "nan" else status, str(reason)


def _unfinished(contents, missing):
    if missing:
        return "partial", "no " + ", ".join(missing)
    done = len(contents["epochs.csv"])
    planned = contents["config.json"].get("epochs")
    stopped = contents["scores.json"].get(STOPPED_EARLY)
    if done == 0 or done not in (planned, stopped):
        return "partial", f"{done} of {planned} epochs"
    return None
