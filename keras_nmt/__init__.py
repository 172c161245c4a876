"""keras_nmt."""
