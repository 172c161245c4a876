"""Dynamic batching: requests that wait while a batch runs form the next batch."""

import asyncio
import collections
import concurrent.futures
import contextlib
import logging

from keras_nmt.serving.refusals import Refusal

RETRY_AFTER = 1
"""Seconds after which a refused request may try again."""

PAUSE, LONGEST_PAUSE = 0.25, 0.25
"""The next batch waits for the clients of the last one, from its end, for this share of
the time that it took, and not for more seconds."""

_LOG = logging.getLogger("keras_nmt")


class Batcher:
    """Collects the sentences of many requests into batches for one thread.

    The oldest request decides what the next batch is for, and is joined by all others
    with the same key, as far as there is room. A request that does not fit in one batch
    goes to the end of the queue with its rest, so that it does not hold up the others.

    Clients that ask again once they are answered would fall into two groups that take
    turns, and a small batch takes almost as long as a large one. Therefore the next
    batch waits a little until as many requests are there as the last one had and left
    waiting, or enough for a full batch.

    All methods belong to one event loop; only `translate` runs elsewhere.

        async with Batcher(translate, limits) as batcher:
            found = await batcher("de-en", ["Ja.", "Nein."])

    Args:
        translate: blocking function `(key, sentences) -> one result for each`. It is
            always called by the same thread.
        limits: `Limits`.
        observe: is called with the size of each batch.
    """

    def __init__(self, translate, limits, observe=lambda size: None):
        self._translate = translate
        self._limits = limits
        self._observe = observe
        self._waiting = collections.deque()
        self._unfinished = 0
        self._some = asyncio.Event()

    @property
    def unfinished(self):
        """Requests whose answer is not complete."""
        return self._unfinished

    async def __aenter__(self):
        self._thread = concurrent.futures.ThreadPoolExecutor(1, "translating")
        self._runner = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *exception):
        self._runner.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._runner
        self._thread.shutdown(wait=True)

    async def __call__(self, key, sentences):
        """The results for the sentences, in their order.

        If the caller is cancelled, sentences that no batch holds yet are dropped.

        Raises:
            Refusal: too many requests wait, or it took too long, or it failed.
        """
        if not sentences:
            return []
        if self._unfinished >= self._limits.waiting:
            raise Refusal(
                429, "too many requests are waiting; try again later", RETRY_AFTER
            )
        job = _Job(key, sentences)
        self._unfinished += 1
        self._waiting.append(job)
        self._some.set()
        try:
            async with asyncio.timeout(self._limits.seconds):
                return await job.done
        except TimeoutError:
            raise Refusal(
                503,
                f"no translation within {self._limits.seconds:g} s; try again later, "
                "or send less text",
                RETRY_AFTER,
            ) from None
        finally:
            job.done.cancel()
            self._unfinished -= 1
            with contextlib.suppress(ValueError):  # a batch has all of it
                self._waiting.remove(job)

    async def _run(self):
        loop = asyncio.get_running_loop()
        requests, until = 0, 0.0
        while True:
            await self._some.wait()
            await self._wait_for(requests, until)
            batch = self._next_batch()
            if not batch:
                self._some.clear()
                continue
            began = loop.time()
            sentences = [job.sentences[place] for job, place in batch]
            self._observe(len(sentences))
            key = batch[0][0].key
            try:
                found = await loop.run_in_executor(
                    self._thread, self._checked, key, sentences
                )
            except Exception:
                _LOG.exception("a batch of %d sentences failed", len(sentences))
                await self._one_by_one(batch)
                continue
            requests = len({job for job, _ in batch}.union(self._live()))
            ended = loop.time()
            until = ended + min(PAUSE * (ended - began), LONGEST_PAUSE)
            for (job, place), result in zip(batch, found, strict=True):
                job.put(place, result)

    async def _wait_for(self, requests, until):
        """Waits until so many requests are there, or the loop's time has come."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                while len(self._live()) < requests and not self._fills_a_batch():
                    self._some.clear()
                    await self._some.wait()
        self._some.set()

    def _live(self):
        return [job for job in self._waiting if not job.done.done()]

    def _fills_a_batch(self):
        """Whether those with the oldest request's key need no others."""
        live = self._live()
        same = (job.left for job in live if job.key == live[0].key)
        return sum(same) >= self._limits.batch_size

    def _checked(self, key, sentences):
        found = list(self._translate(key, sentences))
        if len(found) != len(sentences):
            raise RuntimeError(f"{len(found)} results for {len(sentences)} sentences")
        return found

    async def _one_by_one(self, batch):
        """Repeats a failed batch request by request: only the one at fault fails."""
        loop = asyncio.get_running_loop()
        for job in dict.fromkeys(job for job, _ in batch):
            if job.done.done():  # refused meanwhile, or its client is gone
                continue
            places = [place for one, place in batch if one is job]
            sentences = [job.sentences[place] for place in places]
            try:
                found = await loop.run_in_executor(
                    self._thread, self._checked, job.key, sentences
                )
            except Exception:
                job.fail(Refusal(500, "this text could not be translated"))
                continue
            for place, result in zip(places, found, strict=True):
                job.put(place, result)

    def _next_batch(self):
        """(job, place of the sentence) for each sentence of the next batch."""
        batch, later, key = [], [], None
        for _ in range(len(self._waiting)):
            job = self._waiting.popleft()
            if job.done.done():
                continue
            key = job.key if key is None else key
            room = self._limits.batch_size - len(batch)
            if job.key == key and room:
                places = job.take(room)
                batch += [(job, place) for place in places]
                if job.left:
                    later.append(job)
            else:
                self._waiting.append(job)
        self._waiting.extend(later)
        return batch


class _Job:
    """The sentences of one request, and their results as they come."""

    def __init__(self, key, sentences):
        self.key = key
        self.sentences = sentences
        self.done = asyncio.get_running_loop().create_future()
        self._results = [None] * len(sentences)
        self._taken = self._found = 0

    @property
    def left(self):
        """The sentences that no batch had."""
        return len(self.sentences) - self._taken

    def take(self, most):
        """The places of up to `most` sentences that no batch had."""
        first = self._taken
        self._taken = min(first + most, len(self.sentences))
        return range(first, self._taken)

    def put(self, place, result):
        self._results[place] = result
        self._found += 1
        if self._found == len(self.sentences) and not self.done.done():
            self.done.set_result(self._results)

    def fail(self, refusal):
        if not self.done.done():
            self.done.set_exception(refusal)
