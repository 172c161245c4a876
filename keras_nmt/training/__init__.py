"""Training that survives interruptions: states, locks, signals, checks for NaN.

resume.py      the callback that saves and restores a run
snapshot.py    the arrays of a model and its optimizer
states.py      the last two states of a run on disk, with checksums
weights.py     weights on disk in Keras's format, with a checksum
lock.py        one writer for each folder, one training in each process
stopping.py    signals end training after the current step
progress.py    the progress bar
step_clock.py  seconds for each step, and memory
"""
