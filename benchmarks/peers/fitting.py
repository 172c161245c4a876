"""A plain training loop over padded batches."""

import contextlib
import random

import torch
import torch.nn.functional as F

from keras_nmt.specials import PAD


def batches(pairs, batch_size, length, seed=0):
    """Shuffled batches without end: `source` and `target`, int (B, length) each."""
    generator = random.Random(seed)
    while True:
        order = generator.sample(pairs, len(pairs))
        for start in range(0, len(order) - batch_size + 1, batch_size):
            yield [
                torch.tensor([ids + [PAD] * (length - len(ids)) for ids in side])
                for side in zip(*order[start : start + batch_size], strict=True)
            ]


def step(model, optimizer, source, target, precision=None):
    """One step of training; the loss per real target token.

    Args:
        precision: a context for the forward pass, such as `torch.autocast`.
    """
    optimizer.zero_grad()
    with precision or contextlib.nullcontext():
        logits = model(source, target)
        loss = F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=PAD)
    loss.backward()
    optimizer.step()
    return loss.item()
