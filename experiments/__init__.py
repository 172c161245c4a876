"""The experiments: programs that use the library. The library does not use them."""

import sys

from keras_nmt.program.environment import exit_with_one_line, require
from keras_nmt.program.log_noise import hush_tensorflow
from keras_nmt.program.malloc import keep_freed_memory

if sys.argv[0] == "-m":  # set while Python imports the packages of `python -m`
    exit_with_one_line()
    require()
keep_freed_memory()
hush_tensorflow()
