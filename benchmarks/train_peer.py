"""The plain PyTorch peer of a recipe in training, a few steps a request.

python -m benchmarks.train_peer MATERIAL.json [compiled] [bfloat16]

`compiled` is by `torch.compile`, `bfloat16` by `torch.autocast`.
"""

import itertools
import json
import sys
import time
from pathlib import Path

import torch

from benchmarks import flops, peers
from benchmarks.contenders import Driver
from benchmarks.peers import fitting
from keras_nmt.specials import PAD, SOS

WARM_UP = 4


def main(path, *ways):
    driver = Driver()
    material = json.loads(Path(path).read_text(encoding="utf-8"))
    config, sizes = material["config"], material["vocabulary_sizes"]
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(0)
    model = peers.build(config, *sizes).to(device)
    optimizer = torch.optim.Adam(model.parameters(), config["learning_rate"])
    network = torch.compile(model) if "compiled" in ways else model
    precision = torch.autocast(device.type, torch.bfloat16, "bfloat16" in ways)
    rows, length = config["batch_size"], config["max_length"]
    batches = fitting.batches(material["pairs"], rows, length)
    operations = flops.training(config, sizes[1], rows, length, length, rows * length)
    details = {"parameters": peers.parameters(model), "device": str(device)}
    request = {"steps": WARM_UP}
    while True:
        tokens, began = 0, time.perf_counter()
        for source, target in itertools.islice(batches, request["steps"]):
            tokens += int(((target != PAD) & (target != SOS)).sum())
            fitting.step(
                network, optimizer, source.to(device), target.to(device), precision
            )
        driver.reply(
            seconds=time.perf_counter() - began,
            steps=request["steps"],
            tokens=tokens,
            flops=request["steps"] * operations,
            memory=torch.cuda.max_memory_allocated() if device.type == "cuda" else None,
            **details,
        )
        request = driver.receive()


if __name__ == "__main__":
    main(*sys.argv[1:])
