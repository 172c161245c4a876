"""Run folders -> data frames -> tables, figures and one page.

Nothing here imports Keras or a backend, so every number of the report can be
rebuilt on a machine that holds neither.

- `runs`: the layout of a run folder, and reading it without ever failing.
- `tables`: one function a table, and one that writes any table as csv and md.
- `figures`: learning curves and the overview.
- `scores`: what sacrebleu makes of a test set; training stores it.
- `bleu`: BLEU of any choice of sentences, counted once.
- `significance`: whether one run's BLEU is better than another's, or it is chance.
- `lengths`: BLEU by the length of the source.
- `quality`: these and `score_tables` as one part of the page.
- `pages`: `REPORT.md`, which holds all together.
"""
