"""The commands of `keras-nmt`, one a file.

Each file has `add_to(commands)`, which describes the command's options, and `run`,
which does it. What takes long to import is imported in `run`, after everything that
can fail early.
"""
