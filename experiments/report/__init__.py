"""Run folders -> tables, figures and pages.

Nothing here imports Keras or a backend, so every number of the report can be rebuilt
on a machine that holds neither.

- `runs`, `status`: the layout of a run folder, and reading it without ever failing.
- `scores`, `bleu`: what sacrebleu makes of a test set; BLEU of any choice of sentences.
- `tables`, `score_tables`: data frames, and one way to write them as csv and markdown.
- `pages`, `corpus_page`, `system_pages`: `REPORT.md` and one page a system.
- `contents`: what one page tells, gathered once for its parts.
- `answer`, `gains`, `quality`, `lengths`, `backend_tables`, `parity_page`, `speed`: the
  parts of a corpus's page.
- `significance`: whether one run's BLEU is better than another's, or it is chance.
- `figures`, `attention_maps`, `parity_curves`: what is drawn.
- `readme`: the results on the README's first screen.
"""

from keras_nmt.program.extras import REPORT, check_installed

check_installed(*REPORT)
