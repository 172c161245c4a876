"""Requests that wait form the next batch; every answer reaches its own request."""

import asyncio
import random
import threading
import time

import pytest

from keras_nmt.serving import batching
from keras_nmt.serving.batching import Batcher
from keras_nmt.serving.refusals import Refusal
from keras_nmt.serving.settings import Limits

pytestmark = pytest.mark.backend_free


class Recording:
    """Translates sentence s for key k as "k:s", and records its batches."""

    def __init__(self, seconds=0.0, failing=()):
        self.batches, self.threads = [], set()
        self.begun = threading.Event()
        self.go_on = threading.Event()
        self.seconds, self.failing = seconds, failing
        self.go_on.set()

    def __call__(self, key, sentences):
        self.batches.append((key, list(sentences)))
        self.threads.add(threading.get_ident())
        self.begun.set()
        assert self.go_on.wait(10)
        time.sleep(self.seconds)
        if set(self.failing) & set(sentences):
            raise ValueError("as asked")
        return [f"{key}:{sentence}" for sentence in sentences]


async def _held(translate, batcher, sentences=("first",)):
    """A request whose batch runs until `translate.go_on` is set."""
    translate.go_on.clear()
    first = asyncio.create_task(batcher("a", list(sentences)))
    while not translate.begun.is_set():
        await asyncio.sleep(0.001)
    return first


def test_what_waits_while_a_batch_runs_is_the_next_batch():
    translate = Recording()

    async def main():
        async with Batcher(translate, Limits()) as batcher:
            first = await _held(translate, batcher)
            others = [asyncio.create_task(batcher("a", [f"{n}"])) for n in range(5)]
            await asyncio.sleep(0.01)
            translate.go_on.set()
            return await asyncio.gather(first, *others)

    found = asyncio.run(main())
    assert found == [["a:first"], *([f"a:{n}"] for n in range(5))]
    assert translate.batches == [("a", ["first"]), ("a", ["0", "1", "2", "3", "4"])]
    assert len(translate.threads) == 1


def test_clients_that_ask_again_are_answered_together():
    translate = Recording(seconds=0.05)

    async def client(batcher):
        for _ in range(5):
            await batcher("a", ["x"])

    async def main():
        async with Batcher(translate, Limits()) as batcher:
            clients = [asyncio.create_task(client(batcher))]
            await asyncio.sleep(0.01)
            clients += [asyncio.create_task(client(batcher)) for _ in range(7)]
            await asyncio.gather(*clients)

    asyncio.run(main())
    # 1, 7, 8, 8, 8, 8; without a pause 1 and 7 five times.
    assert len(translate.batches) < 9


@pytest.mark.parametrize("seed", range(4))
def test_no_answer_is_lost_doubled_or_given_to_another(seed):
    draw = random.Random(seed)
    translate = Recording()

    async def client(batcher, name):
        for turn in range(4):
            sentences = [f"{name}.{turn}.{n}" for n in range(draw.randrange(0, 12))]
            key = draw.choice("abc")
            asked = asyncio.create_task(batcher(key, sentences))
            await asyncio.sleep(draw.choice((0, 0, 0.001)))
            if draw.random() < 0.2:
                asked.cancel()
                await asyncio.gather(asked, return_exceptions=True)
            else:
                assert await asked == [f"{key}:{sentence}" for sentence in sentences]

    async def main():
        limits = Limits(batch_size=draw.choice((1, 5, 16)), waiting=64)
        async with Batcher(translate, limits) as batcher:
            await asyncio.gather(*(client(batcher, n) for n in range(40)))
            assert batcher.unfinished == 0
        return limits

    limits = asyncio.run(main())
    seen = [sentence for _, batch in translate.batches for sentence in batch]
    assert len(seen) == len(set(seen)) > 300
    assert max(len(batch) for _, batch in translate.batches) <= limits.batch_size


def test_a_large_request_does_not_hold_up_a_small_one():
    translate = Recording()

    async def main():
        async with Batcher(translate, Limits(batch_size=4)) as batcher:
            first = await _held(translate, batcher)
            large = asyncio.create_task(batcher("a", list("0123456789")))
            await asyncio.sleep(0)
            small = asyncio.create_task(batcher("a", ["small"]))
            await asyncio.sleep(0.01)
            translate.go_on.set()
            await small
            assert not large.done()
            return await asyncio.gather(first, large)

    _, large = asyncio.run(main())
    assert large == [f"a:{n}" for n in range(10)]
    assert translate.batches[2][1][0] == "small"


def test_nobody_is_waited_for_who_cannot_come(monkeypatch):
    """After parts of a large request, and where enough wait for a full batch."""
    monkeypatch.setattr(batching, "PAUSE", 1e4)
    monkeypatch.setattr(batching, "LONGEST_PAUSE", 60.0)
    translate = Recording(seconds=0.01)

    async def main():
        async with Batcher(translate, Limits(batch_size=2)) as batcher:
            await batcher("a", list("01234567"))
            translate.begun.clear()
            first = await _held(translate, batcher)
            others = [asyncio.create_task(batcher("a", [x])) for x in "abcdef"]
            await asyncio.sleep(0)
            translate.go_on.set()
            await asyncio.gather(first, *others)

    began = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - began < 30
    assert [len(batch) for _, batch in translate.batches] == [2] * 4 + [1, 2, 2, 2]


def test_more_requests_than_the_queue_holds_are_refused():
    translate = Recording()

    async def main():
        async with Batcher(translate, Limits(waiting=2)) as batcher:
            first = await _held(translate, batcher)
            second = asyncio.create_task(batcher("a", ["second"]))
            await asyncio.sleep(0)
            with pytest.raises(Refusal) as refused:
                await batcher("a", ["third"])
            assert refused.value.status == 429
            assert refused.value.headers == {"Retry-After": "1"}
            translate.go_on.set()
            await asyncio.gather(first, second)
            assert await batcher("a", ["fourth"]) == ["a:fourth"]

    asyncio.run(main())
    assert ["third"] not in [batch for _, batch in translate.batches]


def test_a_request_that_takes_too_long_is_refused_and_leaves_the_queue():
    translate = Recording()

    async def main():
        async with Batcher(translate, Limits(seconds=0.05)) as batcher:
            first = await _held(translate, batcher)
            with pytest.raises(Refusal, match=r"no translation within 0\.05 s") as slow:
                await batcher("a", ["second"])
            assert slow.value.status == 503
            assert not batcher._waiting  # its sentences take no memory
            translate.go_on.set()
            await asyncio.gather(first, return_exceptions=True)
            assert await batcher("a", ["third"]) == ["a:third"]
            assert batcher.unfinished == 0

    asyncio.run(main())
    assert [batch for _, batch in translate.batches] == [["first"], ["third"]]


def test_a_sentence_that_fails_takes_no_other_request_with_it(caplog):
    translate = Recording(failing=["bad"])

    async def main():
        async with Batcher(translate, Limits()) as batcher:
            first = await _held(translate, batcher)
            some = [
                asyncio.create_task(batcher("a", [x])) for x in ("good", "bad", "fine")
            ]
            await asyncio.sleep(0.01)
            translate.go_on.set()
            await first
            return await asyncio.gather(*some, return_exceptions=True)

    good, bad, fine = asyncio.run(main())
    assert (good, fine) == (["a:good"], ["a:fine"])
    assert (bad.status, bad.message) == (500, "this text could not be translated")
    assert "a batch of 3 sentences failed" in caplog.text


def test_a_request_that_left_a_failed_batch_is_not_repeated():
    translate = Recording(failing=["bad"])

    async def main():
        async with Batcher(translate, Limits()) as batcher:
            first = await _held(translate, batcher)
            left, bad = (
                asyncio.create_task(batcher("a", [x])) for x in ("left", "bad")
            )
            await asyncio.sleep(0)
            translate.begun.clear()
            translate.go_on.set()
            await first
            translate.go_on.clear()
            while not translate.begun.is_set():
                await asyncio.sleep(0.001)
            left.cancel()
            await asyncio.sleep(0)
            translate.go_on.set()
            await asyncio.gather(left, bad, return_exceptions=True)

    asyncio.run(main())
    batches = [batch for _, batch in translate.batches]
    assert batches == [["first"], ["left", "bad"], ["bad"]]
