"""Which epochs of a run are best, and when training ends early."""

import dataclasses
import math

MEASURES = {"loss": "val_loss", "bleu": "val_bleu"}
"""What epochs may be compared by -> its column of epochs.csv."""


@dataclasses.dataclass(frozen=True)
class Selection:
    """Compares epochs by their rows of epochs.csv, dicts of numbers or text.

    An epoch that was not measured, or whose loss is NaN, is never best. The earlier of
    two equal epochs is better.

    Args:
        best_by: one of `MEASURES`; a low loss is good, and a high BLEU.
        patience: epochs without a better one after which training ends; 0 for never.

    Example:
    >>> rows = [{"epoch": 1, "val_loss": 2.0}, {"epoch": 2, "val_loss": 3.0}]
    >>> Selection(patience=1).best(rows), Selection(patience=1).is_over(rows)
    (1, True)
    """

    best_by: str = "loss"
    patience: int = 0

    @property
    def column(self):
        """The column of epochs.csv by which epochs are compared."""
        return MEASURES[self.best_by]

    def ranked(self, rows):
        """The numbers of the measured epochs, best first."""
        sign = 1 if self.best_by == "loss" else -1
        values = {int(row["epoch"]): sign * self._value(row) for row in rows}
        measured = [epoch for epoch, value in values.items() if math.isfinite(value)]
        return sorted(measured, key=values.get)

    def best(self, rows):
        """The number of the best epoch; None if none was measured."""
        return next(iter(self.ranked(rows)), None)

    def is_over(self, rows):
        """Whether training ends after the last of these epochs.

        It goes on until the next measurement if the last epoch was not measured.
        """
        best = self.best(rows)
        if not self.patience or best is None or math.isnan(self._value(rows[-1])):
            return False
        return int(rows[-1]["epoch"]) - best >= self.patience

    def _value(self, row):
        value = row.get(self.column)
        return math.nan if value in (None, "") else float(value)
