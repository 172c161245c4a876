"""The encoder-only and the full transformer in PyTorch."""

import re

import torch
import torch.nn.functional as F
from torch import nn

from keras_nmt.specials import SOS


class Transformer(nn.Module):
    """Encoder and decoder; trained by teacher forcing."""

    def __init__(
        self,
        source_vocabulary_size,
        target_vocabulary_size,
        *,
        model_dim,
        num_heads,
        intermediate_dim,
        encoder_layers,
        decoder_layers,
        max_length,
        dropout,
    ):
        super().__init__()
        sizes = model_dim, num_heads, model_dim // num_heads, intermediate_dim, dropout
        self.max_length = max_length
        self.source_embedding = Embedding(source_vocabulary_size, model_dim, max_length)
        self.target_embedding = Embedding(target_vocabulary_size, model_dim, max_length)
        self.encoder = nn.ModuleList(
            EncoderBlock(*sizes) for _ in range(encoder_layers)
        )
        self.decoder = nn.ModuleList(
            DecoderBlock(*sizes) for _ in range(decoder_layers)
        )
        self.projection = nn.Linear(model_dim, target_vocabulary_size)

    def forward(self, source, target):
        """Logits (B, T, V); position t reads `target: int (B, T)` up to t - 1."""
        target_in = torch.roll(target, 1, dims=1)
        target_in[:, 0] = SOS
        return self.decode(target_in, self.encode(source))

    def encode(self, source, mask=None):
        """The memory (B, S, D); `mask: bool (B, 1, 1, S)`, True at what is seen."""
        x = self.source_embedding(source)
        for block in self.encoder:
            x = block(x, mask)
        return x

    def decode(self, target_in, memory, mask=None):
        x = self.target_embedding(target_in)
        for block in self.decoder:
            x = block(x, memory, mask)
        return self.projection(x)

    def load_from(self, arrays):
        """Copies the weights of a `TransformerTranslator`, so that both say the same.

        Args:
            arrays: NumPy arrays by their paths in the Keras model.
        """
        self.load_state_dict(renamed(arrays, self.state_dict()))
        return self


class EncoderOnly(nn.Module):
    """One pass: position t of the output is position t of the translation."""

    def __init__(
        self,
        source_vocabulary_size,
        target_vocabulary_size,
        *,
        model_dim,
        num_heads,
        key_dim,
        intermediate_dim,
        num_layers,
        max_length,
        dropout,
    ):
        super().__init__()
        self.embedding = Embedding(source_vocabulary_size, model_dim, max_length)
        self.encoder = nn.ModuleList(
            EncoderBlock(model_dim, num_heads, key_dim, intermediate_dim, dropout)
            for _ in range(num_layers)
        )
        self.projection = nn.Linear(model_dim, target_vocabulary_size)

    def forward(self, source, target=None):
        """Logits (B, S, V); the target is not read."""
        x = self.embedding(source)
        for block in self.encoder:
            x = block(x)
        return self.projection(x)

    def load_from(self, arrays):
        """Copies the weights of an `EncoderOnlyTranslator`; see `Transformer`."""
        self.load_state_dict(renamed(arrays, self.state_dict()))
        return self


class Embedding(nn.Module):
    """Token and position, added."""

    def __init__(self, vocabulary_size, model_dim, max_length):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary_size, model_dim)
        self.positions = nn.Embedding(max_length, model_dim)

    def forward(self, token_ids, start=0):
        end = start + token_ids.shape[1]
        positions = torch.arange(start, end, device=token_ids.device)
        return self.tokens(token_ids) + self.positions(positions)


class MultiHeadAttention(nn.Module):
    """PyTorch's fused attention between four projections.

    `nn.MultiheadAttention` would do but for heads that are wider than the model
    divided by their number, and for keys that are kept from step to step.
    """

    def __init__(self, model_dim, num_heads, key_dim, dropout):
        super().__init__()
        self.num_heads = num_heads
        self.dropout = dropout
        self.query = nn.Linear(model_dim, num_heads * key_dim)
        self.key = nn.Linear(model_dim, num_heads * key_dim)
        self.value = nn.Linear(model_dim, num_heads * key_dim)
        self.attention_output = nn.Linear(num_heads * key_dim, model_dim)

    def forward(self, x, memory, mask=None, causal=False):
        return self.attend(x, *self.keys_and_values(memory), mask, causal)

    def keys_and_values(self, memory):
        """Each (B, H, S, K)."""
        return self._heads(self.key(memory)), self._heads(self.value(memory))

    def attend(self, x, keys, values, mask=None, causal=False):
        attended = F.scaled_dot_product_attention(
            self._heads(self.query(x)),
            keys,
            values,
            attn_mask=mask,
            dropout_p=self.dropout if self.training else 0.0,
            is_causal=causal,
        )  # (B, H, T, K)
        return self.attention_output(attended.transpose(1, 2).flatten(2))

    def _heads(self, x):
        return x.unflatten(-1, (self.num_heads, -1)).transpose(1, 2)


class EncoderBlock(nn.Module):
    """Self-attention and a feed-forward network, each normalised afterwards."""

    def __init__(self, model_dim, num_heads, key_dim, intermediate_dim, dropout):
        super().__init__()
        self.self_attention = MultiHeadAttention(model_dim, num_heads, key_dim, dropout)
        self.self_attention_norm = nn.LayerNorm(model_dim)
        self.expand = nn.Linear(model_dim, intermediate_dim)
        self.contract = nn.Linear(intermediate_dim, model_dim)
        self.feedforward_norm = nn.LayerNorm(model_dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, mask=None):
        attended = self.self_attention(x, x, mask)
        return self.feedforward(self.self_attention_norm(x + self.dropout(attended)))

    def feedforward(self, x):
        hidden = self.contract(F.relu(self.expand(x)))
        return self.feedforward_norm(x + self.dropout(hidden))


class DecoderBlock(EncoderBlock):
    """The same with attention to the memory in between; whole, or by `step`."""

    def __init__(self, model_dim, num_heads, key_dim, intermediate_dim, dropout):
        super().__init__(model_dim, num_heads, key_dim, intermediate_dim, dropout)
        self.cross_attention = MultiHeadAttention(
            model_dim, num_heads, key_dim, dropout
        )
        self.cross_attention_norm = nn.LayerNorm(model_dim)

    def forward(self, x, memory, mask=None):
        attended = self.self_attention(x, x, causal=True)
        x = self.self_attention_norm(x + self.dropout(attended))
        attended = self.cross_attention(x, memory, mask)
        return self.feedforward(self.cross_attention_norm(x + self.dropout(attended)))

    def step(self, x, cache, memory_cache, mask=None):
        """One position, (B, 1, D); `cache` holds keys and values of those before."""
        new = self.self_attention.keys_and_values(x)
        if cache is not None:
            new = [torch.cat(pair, dim=2) for pair in zip(cache, new, strict=True)]
        x = self.self_attention_norm(x + self.self_attention.attend(x, *new))
        attended = self.cross_attention.attend(x, *memory_cache, mask)
        return self.feedforward(self.cross_attention_norm(x + attended)), new


def renamed(arrays, state):
    """Arrays under PyTorch's names and in its shapes.

    Keras says `model/encoder_0/expand/kernel` (in, out) where PyTorch says
    `encoder.0.expand.weight` (out, in); heads have an axis of their own in Keras.
    """
    endings = {"kernel": "weight", "embeddings": "weight", "gamma": "weight"}
    found = {}
    for path, array in arrays.items():
        *parts, ending = path.split("/")[1:]
        name = ".".join((*parts, endings.get(ending, ending).replace("beta", "bias")))
        name = re.sub(r"^(encoder|decoder)_(\d+)", r"\1.\2", name)
        shape = tuple(state[name].shape)
        if ending == "kernel":
            array = array.reshape(shape[::-1]).T
        found[name] = torch.tensor(array.reshape(shape))
    return found
