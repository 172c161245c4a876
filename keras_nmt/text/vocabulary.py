"""From tokens to ids and back."""

import collections

from keras_nmt.errors import InputError
from keras_nmt.specials import EOS, PAD, SOS, SPECIALS, UNK


class Vocabulary:
    """The tokens a model knows; a token's id is its place in the list.

    The specials are the model's own signs and never text: a corpus that happens to
    contain the word "<eos>" must not be able to end a sentence, so such a word is
    counted nowhere and encoded as unknown.

        >>> vocabulary = Vocabulary.build([["a", "dog"], ["a", "cat"]], 1)
        >>> vocabulary.encode(["a", "dog", "barks"])
        [2, 4, 6, 0, 3]
        >>> vocabulary.decode([2, 4, 6, 0, 3, 1, 1])
        ['a', 'dog', '<unk>']

    Args:
        tokens: all tokens in the order of their ids, `SPECIALS` first.

    Raises:
        InputError: when the specials are not first or a token is there twice.
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
            raise InputError(f"vocabulary: {token!r} is there twice; remove one")

    @classmethod
    def build(cls, sentences, min_frequency=2):
        """Collects the tokens of tokenized sentences, the frequent ones first.

        Equal counts are ordered by the token itself, so that the same text gives
        the same ids on every machine.

        Args:
            sentences: lists of tokens.
            min_frequency: occurrences that a token needs; rarer ones are unknown.
        """
        counts = collections.Counter(t for sentence in sentences for t in sentence)
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
        # A negative id would quietly count from the end of the list.
        if not 0 <= token_id < len(self.tokens):
            raise IndexError(
                f"token id out of range: expected 0 to {len(self.tokens) - 1}. "
                f"Received: {token_id}"
            )
        return self.tokens[token_id]

    def __len__(self):
        return len(self.tokens)

    def __contains__(self, token):
        """Whether a token of text is known; a special never is."""
        return token in self._ids

    def get_config(self):
        """What `from_config` needs; fit for JSON."""
        return {"tokens": list(self.tokens)}

    @classmethod
    def from_config(cls, config):
        """The vocabulary that `get_config` described."""
        return cls(config.get("tokens", ()))
