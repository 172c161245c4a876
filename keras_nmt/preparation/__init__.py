"""Prepares a corpus, in memory or once in a folder that trainings read.

    in_memory.py     a corpus that is held anyway
    prepare.py       a corpus of any size, in a folder: the steps in their order
    reading.py       one pass over the text: counts, checksums, a sample of train
    encoding.py      lines to ids, before the vocabularies are known
    word_table.py    the pieces of words that come again
    shards.py        some thousand pairs each, encoded by several processes
    assembling.py    encoded pairs to vocabularies, and to ids of these
    stored_parts.py  the files of a part
    going_on.py      what an earlier call left, and whether it is the same
    layout.py        the names of the files, and manifest.json
    stored.py        opens the folder for training

Preparing in a folder holds no pairs of the corpus: memory grows with the sample, a
shard and the number of distinct tokens. Each step is written completely or not at all,
and follows from the text and the options alone. So the same command goes on after a
kill, and ends with the same files.
"""
