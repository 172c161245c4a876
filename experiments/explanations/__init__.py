"""The writeup's explanations, measured.

complete_runs.py    the complete runs of a folder, by recipe
repetition.py       how many words of a text are doubled
repetitions.py      the same of runs, beside their references
length_slope.py     how BLEU changes with the length of the source
length_slopes.py    the same of runs, and of one system against another
state_gradients.py  how much an early state still moves a later loss
gradients.py        the same of a run, before and after training
"""
