"""The writeup's theory question, derived and measured; see DERIVATIVE.md."""
