"""Maps tokens to ids and ids to tokens."""

import collections

from keras_nmt.errors import InputError
from keras_nmt.specials import EOS, PAD, SOS, SPECIALS, UNK


class Vocabulary:
    """The tokens that a model knows; a token's id is its index in the list.

    The specials are never text: a word "<eos>" of a corpus must not end a sentence. So
    words that look like specials are not counted, and they are encoded as unknown.

        >>> vocabulary = Vocabulary.build([["a", "dog"], ["a", "cat"]], 1)
        >>> vocabulary.encode(["a", "dog", "barks"])
        [2, 4, 6, 0, 3]
        >>> vocabulary.decode([2, 4, 6, 0, 3, 1, 1])
        ['a', 'dog', '<unk>']

    Args:
        tokens: all tokens in the order of their ids, `SPECIALS` first.

    Raises:
        InputError: the specials are not first, or a token occurs twice.
    """

    def __init__(self, tokens):
        self.tokens = tuple(tokens)
        if self.tokens[: len(SPECIALS)] != SPECIALS:
            raise InputError(
                f"vocabulary: must begin with {SPECIALS}, not with "
                f"{self.tokens[: len(SPECIALS)]}; build it from text again"
            )
        words = self.tokens[len(SPECIALS) :]
        self._ids = {token: i for i, token in enumerate(words, len(SPECIALS))}
        if len({*SPECIALS, *words}) < len(self.tokens):
            token, _ = collections.Counter(self.tokens).most_common(1)[0]
            raise InputError(f"vocabulary: {token!r} occurs twice; remove one")

    @classmethod
    def build(cls, sentences, min_frequency=2):
        """Builds a vocabulary from tokenized sentences, most frequent tokens first.

        Tokens with equal counts are sorted, so that the same text always gives the same
        ids.

        Args:
            sentences: lists of tokens.
            min_frequency: fewest occurrences of a token; rarer ones are unknown.
        """
        counts = collections.Counter(t for sentence in sentences for t in sentence)
        return cls.of_counts(counts, min_frequency)

    @classmethod
    def of_counts(cls, counts, min_frequency=2):
        """Builds a vocabulary as `build` does, from the count of each token."""
        words = [
            token
            for token, count in counts.items()
            if count >= min_frequency and token not in SPECIALS
        ]
        return cls((*SPECIALS, *sorted(words, key=lambda t: (-counts[t], t))))

    def encode(self, tokens):
        """Ids of the tokens between `SOS` and `EOS`; an unknown token is `UNK`."""
        return [SOS, *(self._ids.get(token, UNK) for token in tokens), EOS]

    def decode(self, ids):
        """Tokens up to the first `EOS`, without `SOS` and `PAD`."""
        tokens = []
        for token_id in map(int, ids):
            if token_id == EOS:
                break
            if token_id not in (SOS, PAD):
                tokens.append(self._token(token_id))
        return tokens

    def _token(self, token_id):
        # A negative index would count from the end of the list.
        if not 0 <= token_id < len(self.tokens):
            raise IndexError(
                f"token id out of range: expected 0 to {len(self.tokens) - 1}. "
                f"Received: {token_id}"
            )
        return self.tokens[token_id]

    def __len__(self):
        return len(self.tokens)

    def __contains__(self, token):
        """Whether a token of text is known; specials are not tokens of text."""
        return token in self._ids

    def get_config(self):
        """What `from_config` needs; fit for JSON."""
        return {"tokens": list(self.tokens)}

    @classmethod
    def from_config(cls, config):
        """The vocabulary that `get_config` described."""
        return cls(config.get("tokens", ()))
