"""Answers the requests of the API from the systems of a catalog."""

import asyncio
import concurrent.futures

from keras_nmt.serving.catalog import AUTO
from keras_nmt.serving.detecting import detect
from keras_nmt.serving.layout import Layout
from keras_nmt.serving.refusals import Refusal
from keras_nmt.serving.requests import texts_of, translation_request

ATTENTION = "attention"

ATTENTION_CHARACTERS = 1_000
"""Most characters of a text whose attention is shown: it grows with their square."""


class Answers:
    """Translates checked requests; all methods belong to one event loop.

    Text is split and languages are found out in a thread of their own, so that a long
    text does not hold up other requests.

    Args:
        catalog: `Catalog`.
        batcher: `Batcher` over `translate_batch`.
        limits: `Limits`.
    """

    def __init__(self, catalog, batcher, limits):
        self._catalog = catalog
        self._batcher = batcher
        self._limits = limits
        self._reader = concurrent.futures.ThreadPoolExecutor(1, "reading")

    def close(self):
        self._reader.shutdown(wait=False, cancel_futures=True)

    async def translate(self, fields):
        """The answer to `/translate`, as JSON.

        Raises:
            Refusal: the request is wrong, too large or too much at this time.
        """
        asked = translation_request(fields, self._limits)
        parts = await self._laid_out(asked)
        found = await _all_or_none(
            self._batcher((system, bool(asked.alternatives)), sentences)
            for system, sentences in _by_system(parts)
        )
        candidates = await self._read(_joined, parts, found)
        return _translation(asked, candidates, [x for _, x, _ in parts])

    async def detect(self, fields):
        """The answer to `/detect`: for a list of texts, the best of each."""
        texts, is_list = texts_of(fields, self._limits)
        sides = self._catalog.sides
        found = await self._read(lambda: [detect(text, sides) for text in texts])
        return [best for best, *_ in found] if is_list else found[0]

    async def attention(self, fields):
        """Where the system looked, for each sentence of a text, as JSON."""
        asked = translation_request(fields, self._limits)
        if asked.is_list:
            raise Refusal(400, "q must be one text")
        if len(asked.texts[0]) > ATTENTION_CHARACTERS:
            raise Refusal(
                413, f"attention is shown of at most {ATTENTION_CHARACTERS} characters"
            )
        ((system, _, layout),) = await self._laid_out(asked)
        if system is None or not system.has_attention:
            raise Refusal(400, "no system with attention to show translates this")
        found = await self._batcher((system, ATTENTION), layout.sentences)
        return {"sentences": found}

    async def _laid_out(self, asked):
        """(system, language found if it was asked for, `Layout`) of each text."""
        fitting = self._catalog.find(asked.source, asked.target)
        return await self._read(_laid_out, asked, fitting, self._catalog.sides)

    async def _read(self, function, *arguments):
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._reader, function, *arguments)


async def _all_or_none(calls):
    """The results of coroutines; when one fails, the others are cancelled."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(call) for call in calls]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [task.result() for task in tasks]


def translate_batch(key, sentences):
    """What the batcher runs: the candidates of sentences, or their attention.

    Args:
        key: the `Served`, and True for all hypotheses, False for the best, or
            `ATTENTION`.
        sentences: list of str, none blank.
    """
    system, what = key
    if what == ATTENTION:
        return system.attention(sentences)
    return system.candidates(sentences, what)


def _laid_out(asked, fitting, sides):
    parts = []
    for text in asked.texts:
        language, found = next(iter(fitting)), None
        if asked.source == AUTO:
            found, *_ = detect(text, {x: sides[x] for x in fitting})
            language = found["language"]
        system = fitting[language]
        parts.append((system, found, Layout(text, system, asked.is_html)))
    return parts


def _by_system(parts):
    """(system, all sentences of its texts) for each system."""
    sentences = {}
    for system, _, layout in parts:
        sentences.setdefault(system, []).extend(layout.sentences)
    return list(sentences.items())


def _joined(parts, found):
    """The candidates of each text, from those of the sentences of each system."""
    systems = [system for system, _ in _by_system(parts)]
    found = dict(zip(systems, map(iter, found), strict=True))
    return [
        layout.joined([next(found[system]) for _ in layout.sentences])
        for system, _, layout in parts
    ]


def _translation(asked, candidates, languages):
    best = [first.text for first, *_ in candidates]
    answer = {"translatedText": best}
    if asked.source == AUTO:
        answer["detectedLanguage"] = languages
    if asked.alternatives:
        others = [some[1 : 1 + asked.alternatives] for some in candidates]
        answer["alternatives"] = [[one.text for one in some] for some in others]
    if asked.scores:
        shown = [some[: 1 + asked.alternatives] for some in candidates]
        answer["scores"] = [[one.score for one in some] for some in shown]
    if asked.is_list:
        return answer
    return {name: values[0] for name, values in answer.items()}
