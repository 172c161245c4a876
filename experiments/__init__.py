"""The experiments: programs that use the library, none of them used by it."""

import sys

from keras_nmt.program.environment import exit_with_one_line, require
from keras_nmt.program.log_noise import hush_tensorflow
from keras_nmt.program.malloc import keep_freed_memory

if sys.argv[0] == "-m":  # Python looks for the module of `python -m`: a program begins
    exit_with_one_line()
    require()
keep_freed_memory()
hush_tensorflow()
