"""One compiled loop for every search; sentences leave the batch when they are done.

A search chooses the tokens (`Search.choose`). The loop keeps the hypotheses and removes
done sentences. It uses only what `Translator` lists under "Search".
"""

import numpy as np
from keras import ops, tree

from keras_nmt import kernels
from keras_nmt.errors import InputError
from keras_nmt.specials import EOS, PAD, SOS

EXTRA_LENGTH = 20
"""A hypothesis is cut off when it is this many tokens longer than its source."""

FEW = 8
"""A batch of this many sentences or fewer is not made smaller: it saves no time."""


class Decoder:
    """A search over a translator, compiled.

    The hypotheses of a batch are a dict:

        token_ids                     int (B, W, T); last: int (B, W), the newest
        log_probs, lengths, finished  (B, W); finished hypotheses ended with `EOS`
        limit, done                   (B,): most tokens; whether the result is fixed
        chance                        what `Search.chance` gave
        state                         the translator's, as `widened` made it

    Whenever half of the sentences are done, they leave the batch. One long sentence
    then does not make every step compute the others, too.
    """

    def __init__(self, translator, search):
        for model in getattr(translator, "translators", [translator]):
            _check_type(model)
        self.translator = translator
        self.search = search
        self._begin, self._advance, self._keep = (
            kernels.compiled(function, translator)
            for function in (self._with_state, self._until_few, self._selected)
        )

    def __call__(self, source, numbers=None):
        """Translates a batch.

        Args:
            source: int (B, S), NumPy; of an `Ensemble` a tuple of such arrays.
            numbers: B ints that seed the random numbers; 0 to B - 1 if None.

        Returns:
            token_ids, int (B, K, T), each row up to its `EOS`, then `PAD`; and
            scores, float (B, K), or None. The best hypothesis comes first.
        """
        batch = len(tree.flatten(source)[0])
        numbers = np.arange(batch) if numbers is None else np.asarray(numbers)
        rows, places = _filled_up(np.arange(batch))
        source = tree.map_structure(lambda ids: ids[rows], source)
        hypotheses = self._first_hypotheses(source, places, numbers[rows])
        hypotheses, encoded = self._begin(source, hypotheses)
        _, width, length = hypotheses["token_ids"].shape
        token_ids = np.full((batch, width, length), PAD, "int32")
        log_probs, lengths = (np.zeros(token_ids.shape[:2], t) for t in ("f4", "i4"))
        results = {"token_ids": token_ids, "log_probs": log_probs, "lengths": lengths}
        step = np.int32(0)
        while len(places):
            few = len(places) // 2 if len(places) > FEW else 0
            step, hypotheses = self._advance(step, np.int32(few), hypotheses, encoded)
            done = ops.convert_to_numpy(hypotheses["done"])
            leaving = done & (places >= 0)
            for name, result in results.items():
                found = ops.convert_to_numpy(hypotheses[name])
                result[places[leaving]] = found[leaving]
            places = places[~done]
            if len(places):
                keep, fill = _filled_up(np.flatnonzero(~done))
                keep = keep.astype("int32")
                hypotheses, encoded = self._keep(keep, hypotheses, encoded)
                hypotheses["done"] = ops.convert_to_tensor(fill < 0)
                places = np.where(fill < 0, -1, np.resize(places, len(fill)))
        return self._ranked(**results)

    def _first_hypotheses(self, source, places, numbers):
        """The hypotheses before the first step, as NumPy arrays, without `state`."""
        sides = tree.flatten(source)
        batch, width = len(places), self.search.width
        longest = max(side.shape[1] for side in sides)
        most = self.translator.max_length or longest + EXTRA_LENGTH
        length = min(longest + EXTRA_LENGTH, most)
        tokens = np.max([(side != PAD).sum(axis=1) for side in sides], axis=0)
        limit = np.minimum(tokens + EXTRA_LENGTH, length)
        return {
            "token_ids": np.full((batch, width, length), PAD, "int32"),
            "last": np.full((batch, width), SOS, "int32"),
            "log_probs": np.tile(np.float32(self.search.first_log_probs()), (batch, 1)),
            "lengths": np.zeros((batch, width), "int32"),
            "finished": np.zeros((batch, width), bool),
            "limit": limit.astype("int32"),
            "done": places < 0,
            "chance": self.search.chance(numbers, length),
        }

    def _with_state(self, source, hypotheses):
        length = ops.shape(hypotheses["token_ids"])[2]
        encoded = self.translator.encode(source)
        state = self.translator.initial_state(encoded, length)
        if self.search.width > 1:
            state = self.translator.widened(state, self.search.width)
        return {**hypotheses, "state": state}, encoded

    def _until_few(self, step, few, hypotheses, encoded):
        """Runs steps until at most `few` sentences are not done."""

        def more_are_left(step, hypotheses):
            live = ops.cast(ops.logical_not(hypotheses["done"]), "int32")
            return ops.sum(live) > few

        def body(step, hypotheses):
            return step + 1, self._next(step, hypotheses, encoded)

        return ops.while_loop(more_are_left, body, (step, hypotheses))

    def _next(self, step, hypotheses, encoded):
        """Extends every hypothesis that is not finished by one token."""
        batch, width, length = ops.shape(hypotheses["token_ids"])
        logits, state = self.translator.decode_step(
            ops.reshape(hypotheses["last"], (-1,)), hypotheses["state"], encoded
        )
        logits = ops.reshape(logits, (batch, width, logits.shape[-1]))
        frozen = ops.logical_or(hypotheses["finished"], hypotheses["done"][:, None])
        choice = self.search.choose(logits, step, frozen, hypotheses)
        hypotheses = {**hypotheses, "state": state}
        if choice.parents is not None:
            hypotheses = self._going_on_from(choice.parents, hypotheses)
            frozen = ops.logical_or(hypotheses["finished"], hypotheses["done"][:, None])
        longer = ops.cast(ops.logical_not(frozen), "int32")
        last = ops.where(frozen, PAD, choice.token_ids)
        here = ops.equal(ops.arange(length, dtype="int32"), step)
        hypotheses = {
            **hypotheses,
            "token_ids": ops.where(here, last[:, :, None], hypotheses["token_ids"]),
            "last": last,
            "log_probs": ops.reshape(choice.log_probs, (-1, self.search.width)),
            "lengths": hypotheses["lengths"] + longer,
            "finished": ops.logical_or(hypotheses["finished"], ops.equal(last, EOS)),
        }
        is_done = self.search.is_done(hypotheses)
        is_done = ops.logical_or(step + 1 >= hypotheses["limit"], is_done)
        return {**hypotheses, "done": ops.logical_or(hypotheses["done"], is_done)}

    def _selected(self, keep, hypotheses, encoded):
        """Only the sentences `keep: int (B,)`."""
        state = self.translator.selected(hypotheses["state"], keep, self.search.width)
        rest = {name: leaf for name, leaf in hypotheses.items() if name != "state"}
        return {**_taken(rest, keep), "state": state}, _taken(encoded, keep)

    def _going_on_from(self, parents, hypotheses):
        """The hypotheses reordered: number w continues `parents[:, w]`, int (B, W)."""

        def reordered(x):  # (B, W, ...)
            places = ops.reshape(parents, (*ops.shape(parents), *[1] * (x.ndim - 2)))
            return ops.take_along_axis(x, places, axis=1)

        of_hypotheses = ("token_ids", "lengths", "finished")
        return {
            **hypotheses,
            **{name: reordered(hypotheses[name]) for name in of_hypotheses},
            "state": self.translator.reordered(hypotheses["state"], parents),
        }

    def _ranked(self, token_ids, log_probs, lengths):
        scores = self.search.scores(log_probs, lengths)
        if scores is None:
            return token_ids[:, : self.search.n_best], None
        order = np.argsort(-scores, axis=1, kind="stable")[:, : self.search.n_best]
        return (
            np.take_along_axis(token_ids, order[:, :, None], axis=1),
            np.take_along_axis(scores, order, axis=1),
        )


def _check_type(model):
    """Refuses a model that computes in half precision: a search does not."""
    computed = getattr(model, "compute_dtype", "float32")
    if computed != "float32":
        raise InputError(
            f"a search computes in float32, and this model in {computed}; build it "
            "with the policy float32 and give it these weights, or save and load it"
        )


def _filled_up(rows):
    """Rows repeated up to a compiled batch size, and their places; -1 for repeats."""
    size = kernels.compiled_size(len(rows))
    places = np.where(np.arange(size) < len(rows), np.arange(size), -1)
    return np.pad(rows, (0, size - len(rows)), mode="edge"), places


def _taken(structure, indices):
    return tree.map_structure(
        lambda x: None if x is None else ops.take(x, indices, axis=0), structure
    )
