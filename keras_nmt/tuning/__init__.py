"""Searches for hyperparameters; needs the extra `tune`.

space.py     a TOML file: a base recipe and what is tried of it
ranges.py    the values that one field is tried with
journal.py   Optuna's journal on disk, safe when a process is killed
trial.py     one trial: its values, its epochs, how it went
study.py     what the workers share: who has which trial, and how each went
worker.py    takes one trial after the other until all are done
training.py  a trial as a run folder
pruning.py   ends the training of a trial that falls behind
tables.py    the trials as a table, and which fields mattered
figures.py   both as figures
summary.py   writes all of them, and the best recipe

`ranges`, `journal`, `trial`, `study` and `worker` need no backend.
"""
