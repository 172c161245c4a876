"""Makes tables, figures and pages from run folders.

Nothing here imports Keras or a backend, so the report can be rebuilt without them.

- `tables`, `score_tables`: data frames, and writing them as csv and markdown.
- `pages`, `corpus_page`, `system_pages`: `REPORT.md` and a page for each system.
- `contents`: the data of one page.
- `answer`, `gains`, `quality`, `lengths`, `backend_tables`, `parity_page`, `speed`: the
  parts of a corpus's page.
- `significance_table`: the paired bootstrap for every pair of systems.
- `parity_verdicts`: whether the backends compute the same.
- `figures`, `labels`, `parity_curves`: the figures.
- `readme`: the results in the README.
"""

from keras_nmt.program.extras import REPORT, check_installed

check_installed(*REPORT)
