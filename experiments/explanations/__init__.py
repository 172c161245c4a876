"""The writeup's explanations, measured.

repetition.py       how many words of a translation are doubled
state_gradients.py  how much an early state still moves a later loss
"""
