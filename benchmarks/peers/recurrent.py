"""RNN and LSTM encoder-decoders in PyTorch, with or without cosine attention."""

import torch
import torch.nn.functional as F
from torch import nn

LAYERS = {"rnn": (nn.RNN, nn.RNNCell), "lstm": (nn.LSTM, nn.LSTMCell)}


class Recurrent(nn.Module):
    """Reads the source, then says 20 tokens, reading its own best one each time."""

    def __init__(
        self,
        source_vocabulary_size,
        target_vocabulary_size,
        *,
        kind,
        attention,
        embedding_dim,
        hidden_dim,
        dropout,
    ):
        super().__init__()
        layer, cell = LAYERS[kind]
        self.source_embedding = nn.Embedding(source_vocabulary_size, embedding_dim)
        self.target_embedding = nn.Embedding(target_vocabulary_size, embedding_dim)
        self.encoder = one_bias(layer(embedding_dim, hidden_dim, batch_first=True))
        self.bridge = nn.Sequential(
            nn.Linear(hidden_dim, hidden_dim),
            nn.ReLU(),
            nn.Linear(hidden_dim, hidden_dim),
            nn.Tanh(),
        )
        self.cell = one_bias(cell(embedding_dim, hidden_dim))
        self.projection = nn.Linear(hidden_dim, target_vocabulary_size)
        self.dropout = nn.Dropout(dropout)
        self.join = None
        if attention:
            self.join = nn.Linear(embedding_dim + hidden_dim, embedding_dim)

    def forward(self, source, target):
        """Logits (B, T, V); of `target: int (B, T)` only the first column is read."""
        memory, state = self.encode(source)
        token_ids, outputs = target[:, 0], []
        for _ in range(target.shape[1]):
            state = self.step(token_ids, state, memory)
            logits = self.projection(hidden_of(state))
            outputs.append(logits)
            token_ids = logits.argmax(dim=-1)
        return torch.stack(outputs, dim=1)

    def encode(self, source):
        """The memory (B, S, D), and the decoder's first state."""
        memory, state = self.encoder(self.dropout(self.source_embedding(source)))
        if isinstance(state, tuple):
            hidden, cell = state
            return memory, (self.bridge(hidden[0]), cell[0])
        return memory, self.bridge(state[0])

    def step(self, token_ids, state, memory):
        x = self.dropout(self.target_embedding(token_ids))
        if self.join is not None:
            context = self.context(hidden_of(state), memory)
            x = self.join(torch.cat([x, context], dim=-1))
        return self.cell(x, state)

    def context(self, hidden, memory):
        """What of the memory is most like the hidden state, (B, D)."""
        scores = F.cosine_similarity(hidden[:, None], memory, dim=-1)  # (B, S)
        weights = F.softmax(scores, dim=-1)
        return torch.bmm(weights[:, None], memory)[:, 0]


def hidden_of(state):
    """The hidden state, whether or not there is a cell state beside it."""
    return state[0] if isinstance(state, tuple) else state


def one_bias(layer):
    """Leaves a layer one bias to learn; PyTorch adds two where one has the effect."""
    for name, parameter in layer.named_parameters():
        if name.startswith("bias_hh"):
            nn.init.zeros_(parameter)
            parameter.requires_grad_(False)
    return layer
