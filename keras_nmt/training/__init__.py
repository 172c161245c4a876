"""What keeps a run from being lost: states, locks, signals, numbers that are numbers.

`fit` of `resume.py` is `model.fit` from wherever a run stands. What it needs:

    states.py     the state of a run on disk: checksummed, two generations
    weights.py    weights on disk: whole, checksummed, as Keras writes them
    lock.py       one writer a folder
    stopping.py   SIGINT and SIGTERM as a request that a step may end
    atomic.py     a file is replaced whole or not at all
"""
