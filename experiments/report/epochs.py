"""The epochs of a run as a data frame."""

import pandas as pd


def epochs_frame(run):
    """One row an epoch, as `epochs.csv` holds them; all values are floats."""
    return pd.DataFrame(run.epochs, dtype=float)
