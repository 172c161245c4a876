"""The commands of `keras-nmt`, one in each file.

Each file has `add_to(commands)`, which adds the command's options, and `run(options)`.
Slow imports are in `run`, after the checks of the options.
"""
