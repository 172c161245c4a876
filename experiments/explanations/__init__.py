"""The writeup's explanations, measured.

repetition.py       how many words of a text are doubled
repetitions.py      the same of runs, beside their references
state_gradients.py  how much an early state still moves a later loss
gradients.py        the same of a run, before and after training
"""
