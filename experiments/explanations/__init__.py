"""The writeup's explanations, measured.

From run folders alone, without a backend:

complete_runs.py          the complete runs of a folder, by recipe
repetition.py             how many words of a text are doubled
repetitions.py            the same of runs, beside their references
length_slope.py           how BLEU changes with the length of the source
length_slopes.py          the same of runs, and of one system against another
seeds.py                  where the writeup's loss lies among seeds

From runs that still hold their weights; folders without them are left out:

weighted_runs.py          which runs these are, and their text
initial_weights.py        a run's model before training
state_gradients.py        how much an early state still moves a later loss
gradients.py              the same of runs, before and after training
token_losses.py           the loss of every target token of a text
losses.py                 loss by position, by length, and without a context
contexts.py               attention that looks nowhere in particular
feedings.py               the same weights free running and by teacher forcing
ibm_model1.py             alignments of words, learned from pairs of sentences
reference_alignments.py   those that attention is compared with
attention_alignments.py   how often the attended word is the aligned one
head_diversities.py       how different the heads of a layer look
series.py                 trains recipes in which one field changes
series_table.py           the table of such a series

resampling.py             means over words, intervals over sentences
figures.py                curves, and values with their ranges
"""
