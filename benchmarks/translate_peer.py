"""The full transformer's plain PyTorch peer, translating on request.

    python -m benchmarks.translate_peer FOLDER

It has the weights of the run, so it has the same work to do: the same sentences end
at the same length.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch

from benchmarks import peers
from benchmarks.contenders import Driver
from benchmarks.peers import greedy

BATCH_SIZE = 128


def main(folder):
    driver = Driver()
    folder = Path(folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    sentences = json.loads((folder / "sentences.json").read_text(encoding="utf-8"))
    sizes = [config[f"{side}_vocabulary_size"] for side in ("source", "target")]
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = peers.build(config, *sizes).to(device).eval()
    model.load_from(np.load(folder / "weights.npz"))
    driver.reply(parameters=peers.parameters(model))
    while True:
        driver.receive()
        began = time.perf_counter()
        hypotheses = greedy.translate(model, sentences, BATCH_SIZE, config["pad_to"])
        driver.reply(seconds=time.perf_counter() - began, hypotheses=hypotheses)


if __name__ == "__main__":
    main(sys.argv[1])
