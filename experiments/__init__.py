"""The experiments: programs that use the library, none of them used by it."""

import sys

from keras_nmt.environment import end_in_one_line, require
from keras_nmt.memory import keep_freed_memory
from keras_nmt.quiet import hush_tensorflow

if sys.argv[0] == "-m":  # Python looks for the module of `python -m`: a program begins
    end_in_one_line()
    require()
keep_freed_memory()
hush_tensorflow()
