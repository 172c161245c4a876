"""TensorFlow's SavedModel: text in, text out, for every system, search included.

    import tensorflow as tf, tensorflow_text
    model = tf.saved_model.load("folder")
    model.signatures["serving_default"](tf.constant(["Ein Hund."]))["translations"]

Subwords are cut and joined in the graph. Words are cut by spaCy, which no graph can
do: there a line is tokens with a space between them, as `words.py` of the export makes
them, and the graph looks them up in a table. A space inside a token is written "␣".
"""

from keras_nmt import kernels
from keras_nmt.errors import InputError
from keras_nmt.exporting.standalone_text import preferred_beam, write_text

SCRIPT = "saved_model_script.py"


def check(trained):
    """Refuses other backends, whose operations a graph of TensorFlow cannot hold.

    Raises:
        InputError: naming the mend.
    """
    if kernels.BACKEND != "tensorflow":
        raise InputError(
            f"a SavedModel is written by TensorFlow, not by {kernels.BACKEND}; set "
            "KERAS_BACKEND=tensorflow (it reads runs of every backend)"
        )


def write(trained, folder):
    """Writes the SavedModel and translate.py.

    Args:
        trained: `TrainedTranslator`.
        folder: an empty folder.
    """
    from keras_nmt.exporting.saved_model_graph import save_graph

    with kernels.in_float32():
        save_graph(trained, folder, preferred_beam(trained)["beam_size"])
    write_text(trained, folder, SCRIPT, with_subwords=False)
