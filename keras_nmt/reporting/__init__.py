"""Run folders -> data frames -> tables, figures and one page.

Nothing here imports Keras or a backend, so every number of the report can be
rebuilt on a machine that holds neither.

- `runs`: the layout of a run folder, and reading it without ever failing.
- `tables`: one function a table, and one that writes any table as csv and md.
- `figures`: learning curves and the overview.
- `pages`: `REPORT.md`, which holds them together.
"""
