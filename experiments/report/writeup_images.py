"""The part of `WRITEUP.md` on its paper: a small ViT and a small CNN on digits."""

import statistics

from experiments.report.tables import markdown_table
from experiments.report.verdicts import better
from experiments.report.writeup_facts import DIGITS

FIRST, LAST = "block_0", "block_2"


def paper(facts):
    """Claims of Raghu et al. 2021 that the writeup repeats; "" without numbers."""
    seeds = facts.tables.get(DIGITS)
    if not seeds:
        return ""
    rows = []
    for claim, measure in _CLAIMS.items():
        vit, cnn = ([measure(seed, name) for seed in seeds] for name in ("vit", "cnn"))
        rows.append([claim, _cell(vit), _cell(cnn), better(vit, cnn)])
    accuracy = {
        name: _cell([seed[name]["accuracy"] for seed in seeds])
        for name in ("vit", "cnn")
    }
    reach = [
        statistics.mean(layers[FIRST]["head_distances"]) / layers["uniform_distance"]
        for layers in (seed["vit"]["layers"] for seed in seeds)
    ]
    return (
        "The paper is Raghu et al. 2021, *Do Vision Transformers See Like "
        "Convolutional Neural\nNetworks?* A ViT is a transformer that reads patches of "
        "an image, a CNN a convolutional\nnetwork. CKA says how alike the outputs of "
        "two layers are, from 0 to 1; a linear probe is a\nlinear classifier that is "
        "trained on a layer's outputs.\n\n"
        f"A ViT and a CNN of three blocks on 8 x 8 digits, {len(seeds)} seeds; "
        f"{accuracy['vit']} and {accuracy['cnn']} of\nthe test images right:\n\n"
        f"{markdown_table(['the ViT has more', 'ViT', 'CNN', 'verdict'], rows)}\n"
        "The heads of the ViT's first block attend over a mean distance that is "
        f"{_cell(reach)} times\nthat of uniform attention.\n\n"
        "These networks and images are small; the paper's are not. Both networks here "
        "average over\npositions before they classify, and the CNN keeps its grid; "
        "the paper's ViT has a class token, its\nResNet pools on the way. So the "
        "verdicts are on networks of this size and say little of the paper.\n\n"
        "CKA of each layer with each other, one seed of each network:\n\n"
        "![CKA of all layers](representations/digits_cka.png)\n\n"
        "Command: `python -m experiments.representations.digits "
        "--out results/representations`\n\n"
        "*Compare and contrast the learned features of ViTs and CNNs?* The writeup "
        "answers from the\narchitectures: attention is global from the first layer, "
        "convolutions are local. The first half is\nwhat the heads' distance above "
        "shows here; how training differs was not measured.\n\n"
        "*What is meant by spatial localization, and why might ViTs be better for "
        "object detection?* Not\nanswered by measurement: no objects are detected "
        "here. The position that a probe finds is the\nnearest to it.\n"
    )


def _uniformity(seed, name):
    return seed[f"{name}-{name}"]["uniformity"]


def _position(seed, name):
    return seed[name]["layers"][LAST]["position_probe"]


def _skip_ratio(seed, name):
    layers = seed[name]["layers"].values()
    ratios = [
        x["norm_ratios"] for x in layers if isinstance(x, dict) and "norm_ratios" in x
    ]
    return statistics.mean(value for here in ratios for value in here.values())


_CLAIMS = {
    "uniformity: mean CKA of two different layers": _uniformity,
    "position that a linear probe finds in the last block": _position,
    "norm of the skip connection over that of its branch": _skip_ratio,
}


def _cell(values):
    if len(values) < 2:
        return f"{values[0]:.3f}"
    return f"{statistics.mean(values):.3f} ± {statistics.stdev(values):.3f}"
