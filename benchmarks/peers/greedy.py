"""Greedy translation by the full transformer, with keys and values kept."""

import torch

from keras_nmt.specials import EOS, PAD, SOS

EXTRA_LENGTH = 20
"""A hypothesis may be this much longer than its source, as in keras_nmt."""


@torch.inference_mode()
def translate(model, sentences, batch_size=128, pad_to=1):
    """Translates sentences, those of like length together.

    Args:
        sentences: lists of ids with `SOS` and `EOS`.
        pad_to: padding up to here is seen, as it was in the writeup's training;
            beyond, it only fills a batch and is hidden.

    Returns:
        lists of ids up to `EOS`, itself left out, in the order of `sentences`.
    """
    device = next(model.parameters()).device
    order = sorted(range(len(sentences)), key=lambda index: len(sentences[index]))
    hypotheses = [None] * len(sentences)
    for start in range(0, len(order), batch_size):
        members = order[start : start + batch_size]
        source = padded([sentences[index] for index in members], pad_to)
        rows = greedy(model, source.to(device), pad_to).tolist()
        for index, row in zip(members, rows, strict=True):
            hypotheses[index] = row[: row.index(EOS)] if EOS in row else row
    return hypotheses


def greedy(model, source, pad_to):
    """The best token, one position after the other, until all rows have ended.

    Args:
        source: int (B, S).
        pad_to: positions below it are seen, be they padding or not.

    Returns:
        int (B, T): each row up to its `EOS`, then `PAD`.
    """
    real = source != PAD
    seen = real | (torch.arange(source.shape[1], device=source.device) < pad_to)
    mask = None if seen.all() else seen[:, None, None]
    memory = model.encode(source, mask)
    memory_caches = [b.cross_attention.keys_and_values(memory) for b in model.decoder]
    caches = [None] * len(model.decoder)
    limits = (real.sum(dim=1) + EXTRA_LENGTH).clamp(max=model.max_length)
    token_ids = torch.full_like(limits, SOS)
    finished = torch.zeros_like(limits, dtype=torch.bool)
    columns = []
    while not finished.all():
        x = model.target_embedding(token_ids[:, None], start=len(columns))
        for depth, block in enumerate(model.decoder):
            x, caches[depth] = block.step(x, caches[depth], memory_caches[depth], mask)
        token_ids = model.projection(x[:, 0]).argmax(dim=-1)
        columns.append(token_ids.masked_fill(finished, PAD))
        finished |= (token_ids == EOS) | (len(columns) >= limits)
    return torch.stack(columns, dim=1)


def padded(sentences, pad_to):
    """One array, int (B, S), as long as the longest sentence and at least `pad_to`."""
    length = max(pad_to, *map(len, sentences))
    return torch.tensor([ids + [PAD] * (length - len(ids)) for ids in sentences])
