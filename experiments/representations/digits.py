"""ViT against CNN on digits: CKA, heads, skip connections, positions.

    python -m experiments.representations.digits --out DIR [--seeds 3] [--epochs 40]

Writes digits.json with the numbers of every seed, and digits_cka.png of the first.
"""

import gc
from pathlib import Path

from experiments.representations import heatmaps
from experiments.representations.attention import grid_distances
from experiments.representations.images import GRID, MODELS, digits, trained
from experiments.representations.layer_outputs import arrays
from experiments.representations.measures import cka_of, layer_measures
from keras_nmt.evaluation.drawing import save_image
from keras_nmt.files import write_json
from keras_nmt.program.command_line import OptionParser, command_line

BATCH = 96
"""Images of a minibatch of CKA."""


@command_line(results_in_files=True)
def main(argv=None):
    options = _parser().parse_args(argv)
    found = []
    for seed in range(options.seeds):
        found.append(measure(seed, options.epochs))
        gc.collect()
    options.out.mkdir(parents=True, exist_ok=True)
    write_json(options.out / "digits.json", found)
    save_image(_figure(found[0]), options.out / "digits_cka.png")
    for result in found:
        print(f"seed {result['seed']}: {_in_words(result)}")


def _parser():
    parser = OptionParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=40)
    return parser


def measure(seed, epochs):
    """Trains both models and measures their layers on the test images."""
    _, _, images, _ = digits()
    distances = grid_distances(GRID, GRID)
    result, batches, names = {"seed": seed, "epochs": epochs}, {}, {}
    for name in MODELS:
        model, accuracy = trained(name, seed, epochs)
        layers = layer_measures(model.layer_outputs(images), distances)
        result[name] = {"accuracy": accuracy, "layers": layers}
        names[name] = [x for x in layers if x != "uniform_distance"]
        batches[name] = [
            [*arrays(model.layer_outputs(images[start : start + BATCH])).values()]
            for start in range(0, len(images) - len(images) % BATCH, BATCH)
        ]
    for one, other in (("vit", "vit"), ("cnn", "cnn"), ("vit", "cnn")):
        cka = cka_of(batches[one], batches[other])
        result[f"{one}-{other}"] = {
            "rows": names[one],
            "columns": names[other],
            **cka,
        }
    return result


def _figure(result):
    pairs = ("vit-vit", "cnn-cnn", "vit-cnn")
    panels = [
        (pair.replace("-", " and "), *(result[pair][x] for x in _KEYS))
        for pair in pairs
    ]
    return heatmaps.cka_figure(panels)


_KEYS = ("rows", "columns", "cka")


def _in_words(result):
    words = []
    for name in MODELS:
        last = [x for x in result[name]["layers"].values() if isinstance(x, dict)][-1]
        words.append(
            f"{name} {result[name]['accuracy']:.3f} right, "
            f"uniformity {result[f'{name}-{name}']['uniformity']:.3f}, "
            f"position in the last layer {last['position_probe']:.3f}"
        )
    return "; ".join(words)


if __name__ == "__main__":
    main()
