"""The experiments: programs that use the library, none of them used by it."""

from keras_nmt.quiet import hush_tensorflow

hush_tensorflow()
