"""Ends the training of a trial that falls behind the others at the same epoch."""

import math

MEASURED = {"val_loss": "validation loss", "val_bleu": "validation BLEU"}


class EpochWatch:
    """Reports the epochs of a trial and says when training should end.

    `train` asks it after each epoch, when the state of that epoch is on disk. So a
    trial that is killed and taken up again reports no epoch that it has not got.

    Args:
        taken: a `trial.Taken`.
        selection: the `Selection` of the recipe.
        epochs: of the recipe.
    """

    def __init__(self, taken, selection, epochs):
        self.taken = taken
        self.selection = selection
        self.epochs = epochs
        self._answers = {}

    def __call__(self, rows):
        """Why training ends after the last of these rows of epochs.csv, or None."""
        self.report(rows)
        done = len(rows)
        if done not in self._answers:
            self._answers[done] = self._answer(rows)
        return self._answers[done]

    def report(self, rows):
        """Reports the epochs that were measured; those reported before are kept."""
        for row in rows:
            value = row.get(self.selection.column)
            if value not in (None, "") and math.isfinite(float(value)):
                self.taken.report(int(row["epoch"]), float(value))

    def _answer(self, rows):
        # A run that ends by itself is complete.
        if not rows or len(rows) >= self.epochs or self.selection.is_over(rows):
            return None
        if not self.taken.should_prune():
            return None
        column = self.selection.column
        best = next(x for x in rows if x["epoch"] == self.selection.best(rows))
        return (
            f"after epoch {len(rows)} its best {MEASURED[column]}, "
            f"{float(best[column]):.4f}, was worse than the median of the trials"
        )
