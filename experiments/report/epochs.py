"""The epochs of a run as a data frame."""

import pandas as pd


def epochs_frame(run):
    """The rows of `epochs.csv`; all values are floats."""
    return pd.DataFrame(run.epochs, dtype=float)
