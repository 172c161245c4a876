"""Prepares a corpus in a folder: the steps in their order."""

import contextlib
import dataclasses
import gc
import hashlib
import json

from keras_nmt.atomic import remove_unfinished
from keras_nmt.files import read_object, write_json, write_whole
from keras_nmt.preparation import going_on, layout, reading, shards
from keras_nmt.preparation.assembling import Written, assemble, processors_of
from keras_nmt.text import tokenizer as tokenizers_module
from keras_nmt.text.fingerprint import Fingerprint
from keras_nmt.text.prepared import PARTS, choose_tokenizers
from keras_nmt.text.sample import SAMPLE, Sample, with_spaces
from keras_nmt.text.statistics import PartStatistics
from keras_nmt.text.tokenizer import WordTokenizer


def prepare_folder(sources, folder, options, processes=1, restart=False, say=print):
    """Prepares a corpus, or goes on where that was interrupted.

    Args:
        sources: `Sources` with all three parts.
        folder: a `Path`; absent, empty, or of an earlier call for the same text.
        options: `Recipe.text_options()`.
        processes: how many encode.
        restart: whether to replace what is there.
        say: called with lines about the progress.

    Raises:
        InputError: the folder holds something else, or the corpus leaves nothing to
            learn from.
    """
    with _without_collector():
        _prepare(sources, folder, options, processes, restart, say)


@contextlib.contextmanager
def _without_collector():
    """The collector would look at each pair several times, and finds no cycles."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _prepare(sources, folder, options, processes, restart, say):
    sources.require()
    earlier = going_on.earlier_in(folder)
    if restart:
        going_on.remove(folder)
        earlier = None
    remove_unfinished(folder)
    # What is there already must not change before it is compared.
    as_text = () if earlier else _kept_as_text(options)
    read, texts, sample = _read(sources, folder, as_text)
    say(f"read {read['train'].pairs:,} pairs of train")
    settings = going_on.settings_of(sources, options, read)
    if earlier is not None:
        going_on.check_same(folder, earlier, settings)
        going_on.tidy(folder)  # a kill may have come before that
        say(f"{folder}: already prepared")
        return
    tokenizers = _tokenizers(sources, sample, folder, settings, options)
    say("learned the tokenizers")
    _encode(sources, folder, options, processes, settings, read, tokenizers, texts, say)


def _read(sources, folder, as_text):
    """Reads all parts: `{part: PartRead}`, the files of text, the sample of train."""
    sample = Sample(SAMPLE)
    with contextlib.ExitStack() as stack:
        texts = _Texts(stack, folder, as_text)
        takes = {part: [texts.writer(part)] for part in as_text}
        takes.setdefault("train", []).append(sample.add)
        read = {
            part: reading.read_part(sources.parts[part], part, takes.get(part, ()))
            for part in PARTS
        }
        reading.check_train(read["train"], sources.place)
    return read, texts, sample


def _encode(
    sources, folder, options, processes, settings, read, tokenizers, texts, say
):
    kind = options["subword_model"]
    serialized = [
        json.dumps(tokenizers_module.serialize(one), sort_keys=True)
        for one in tokenizers
    ]
    place = folder / layout.SHARDS
    place.mkdir(parents=True, exist_ok=True)
    remove_unfinished(place)
    paths = {
        part: shards.encode_part(
            sources.parts[part], part, place, serialized, kind, processes
        )
        for part in PARTS
    }
    say(f"encoded {sum(map(len, paths.values())):,} shards")
    processors = processors_of(paths["train"], tokenizers, options)
    files, parts, max_length = texts.record(), {}, options["max_length"]
    checksum = Fingerprint([x.vocabulary for x in processors])
    for part in PARTS:
        rest = part, folder, processors, max_length
        if part == "test":
            found = assemble(paths[part], *rest)
        else:
            checksum.begin_part()
            found = assemble(paths[part], *rest, checksum.add)
            checksum.end_part()
        files |= found.files
        counted = read[part]
        counts = found.all_counts if part == "test" else found.kept_counts
        statistics = PartStatistics(
            part,
            counted.pairs + counted.blank,
            counted.blank,
            counted.pairs - found.kept,
            max_length,
            *counts,
        )
        statistics.check(sources.name)
        parts[part] = {
            **{key: getattr(statistics, key) for key in ("read", "blank", "too_long")},
            "kept": found.kept,
            "source": dataclasses.asdict(statistics.source),
            "target": dataclasses.asdict(statistics.target),
        }
    write_whole(
        folder / layout.PROCESSORS,
        json.dumps([x.get_config() for x in processors], ensure_ascii=True),
    )
    processors_file = folder / layout.PROCESSORS
    files[layout.PROCESSORS] = {
        "bytes": processors_file.stat().st_size,
        "sha256": layout.digest_of_file(processors_file),
    }
    write_json(
        folder / layout.MANIFEST,
        {
            "format": layout.FORMAT,
            **settings,
            "vocabulary_sizes": [len(x.vocabulary) for x in processors],
            "fingerprint": checksum.hexdigest(),
            "parts": parts,
            "files": files,
        },
    )
    going_on.tidy(folder)


def _kept_as_text(options):
    """The parts whose lines are needed: those translated, and those sampled anew."""
    return PARTS if options["subword_sampling"] else ("validation", "test")


class _Texts:
    """Writes the lines of parts to files."""

    def __init__(self, stack, folder, parts):
        self._files = {
            (part, side): Written(stack, folder, layout.text(part, side))
            for part in parts
            for side in layout.SIDES
        }

    def writer(self, part):
        """A function that writes a block of pairs of a part."""

        def write(block):
            for place, side in enumerate(layout.SIDES):
                content = "".join(pair[place] + "\n" for pair in block)
                self._files[part, side].write(content.encode("utf-8", "surrogatepass"))

        return write

    def record(self):
        return {file.name: file.record() for file in self._files.values()}


# === Tokenizers ===


def _tokenizers(sources, sample, folder, settings, options):
    """The tokenizers, learned from the sample or read from an interrupted call."""
    key = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
    path = folder / layout.TOKENIZERS
    if path.is_file():
        known = read_object(path)
        if known.get("key") == key:
            return [tokenizers_module.deserialize(x) for x in known["tokenizers"]]
    found = _learned(sources.languages, sample.sides(), options)
    serialized = [tokenizers_module.serialize(one) for one in found]
    write_json(path, {"key": key, "tokenizers": serialized})
    return found


def _learned(languages, text, options):
    names = (
        *("tokenizer", "subword_vocabulary_size", "subword_model"),
        *("lowercase", "newline_token"),
    )
    chosen = {name: options[name] for name in names}
    source, target = choose_tokenizers(languages, text, **chosen)
    if isinstance(target, WordTokenizer):
        target = with_spaces(target, text.target)
    return source, target
