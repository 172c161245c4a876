"""The style of figures, and writing them; needs matplotlib."""

import io

import matplotlib

from keras_nmt.files import write_whole

GREY = "#777777"
STYLE = {
    "svg.hashsalt": "keras_nmt",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.titlelocation": "left",
    "axes.axisbelow": True,
    "grid.color": "#E5E5E5",
    "text.parse_math": False,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": "black",
    "ytick.labelcolor": "black",
}
DETAIL = 1.6  # resolution of image files relative to the figure's


def save_image(figure, path):
    """Writes an image file; the suffix of `path` is its format."""
    image, kind = io.BytesIO(), str(path).rpartition(".")[2]
    metadata = {"Date": None} if kind == "svg" else {}
    with matplotlib.rc_context(STYLE):
        figure.savefig(
            image, format=kind, dpi=DETAIL * figure.get_dpi(), metadata=metadata
        )
    return write_whole(path, image.getvalue())
