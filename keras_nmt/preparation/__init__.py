"""Prepares a corpus of any size once, in a folder that trainings read.

    prepare.py       the steps in their order
    reading.py       one pass over the text: counts, checksums, a sample of train
    encoding.py      lines to ids, before the vocabularies are known
    shards.py        some thousand pairs each, encoded by several processes
    assembling.py    shards to vocabularies and memory-mapped files
    going_on.py      what an earlier call left, and whether it is the same
    layout.py        the names of the files, and manifest.json
    stored.py        opens the folder for training

Nothing holds the pairs of a corpus: memory grows with the sample, a shard and the
number of distinct tokens. Each step is written completely or not at all, and follows
from the text and the options alone. So the same command goes on after a kill, and ends
with the same files.
"""
