"""Prepares a corpus in a folder: the steps in their order."""

import contextlib
import dataclasses
import gc
import hashlib
import itertools
import json

from keras_nmt.atomic import remove_unfinished
from keras_nmt.errors import InputError
from keras_nmt.files import digest_of_file, read_object, write_json, write_whole
from keras_nmt.preparation import going_on, layout, reading, shards
from keras_nmt.preparation.assembling import learned_tokenizers, processors_of
from keras_nmt.preparation.stored_parts import Written, store
from keras_nmt.text import tokenizer as tokenizers_module
from keras_nmt.text.fingerprint import Fingerprint
from keras_nmt.text.prepared import PARTS
from keras_nmt.text.sample import SAMPLE, Sample
from keras_nmt.text.statistics import PartStatistics


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
    with _without_collector(), shards.Pool(processes) as pool:
        _prepare(sources, folder, options, pool, restart, say)


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


def _prepare(sources, folder, options, pool, restart, say):
    sources.require()
    earlier = going_on.earlier_in(folder, sources)
    is_new = restart or earlier is None
    remove_unfinished(folder)
    # What is there already must not change before it is compared.
    try:
        found = _read(sources, folder, options, is_new, restart)
    except InputError:
        if earlier is not None:
            remove_unfinished(folder)
            going_on.tidy(folder)
        raise
    read, texts, text_shards, sample = found
    say(f"read {read['train'].pairs:,} pairs of train")
    settings = going_on.settings_of(sources, options, read)
    if not is_new:
        going_on.check_same(folder, earlier, settings)
        going_on.tidy(folder)  # a kill may have come before that
        say(f"{folder}: already prepared")
        return
    tokenizers = _tokenizers(sources, sample, folder, settings, options)
    say("learned the tokenizers")
    key = _key({**settings, "size": shards.SIZE})[:24]
    encoders = folder / layout.TOKENIZERS, options["subword_model"], key
    paths = {
        part: shards.encode_part(found, *encoders, pool)
        for part, found in text_shards.items()
    }
    say(f"encoded {sum(map(len, paths.values())):,} shards")
    train = (shards.read(path)[0] for path in paths["train"])
    processors = processors_of(train, tokenizers, options)
    stored = _store(paths, folder, processors, options, read, sources.name, pool)
    files, parts, fingerprint = stored
    manifest = {
        "format": layout.FORMAT,
        **settings,
        "vocabulary_sizes": [len(x.vocabulary) for x in processors],
        "fingerprint": fingerprint,
        "parts": parts,
        "files": texts | files,
    }
    write_json(folder / layout.MANIFEST, manifest)
    going_on.tidy(folder)


def _read(sources, folder, options, is_new, restart):
    """Reads all parts, and only then replaces what is there, if `restart` says so.

    Returns:
        `{part: PartRead}`, what the manifest says of the files of text, `{part: paths
        of its text shards}`, and the sample of train.
    """
    sample, place = Sample(SAMPLE), folder / layout.SHARDS
    as_text = _kept_as_text(options) if is_new else ()
    if is_new:
        place.mkdir(parents=True, exist_ok=True)
        remove_unfinished(place)
    with contextlib.ExitStack() as stack:
        texts = _Texts(stack, folder, as_text)
        text_shards = {part: shards.TextShards(place, part) for part in PARTS}
        takes = {part: [text_shards[part].add] if is_new else [] for part in PARTS}
        takes["train"].append(sample.add)
        for part in as_text:
            takes[part].append(texts.writer(part))
        read = {
            part: reading.read_part(sources.parts[part], part, shards.SIZE, takes[part])
            for part in PARTS
        }
        reading.check_train(read["train"], sources.place)
        paths = {part: found.paths for part, found in text_shards.items()}
        if restart:
            going_on.remove(folder, itertools.chain(*paths.values()))
    return read, texts.record(), paths, sample


def _store(paths, folder, processors, options, read, name, pool):
    """Writes the vocabularies and the ids of all parts.

    Returns:
        what the manifest says of the files and of the parts, and the fingerprint.
    """
    file = folder / layout.PROCESSORS
    content = json.dumps([x.get_config() for x in processors], ensure_ascii=True)
    write_whole(file, content)
    record = {"bytes": len(content), "sha256": digest_of_file(file)}
    files, parts, max_length = {file.name: record}, {}, options["max_length"]
    checksum = Fingerprint([x.vocabulary for x in processors])
    for part in PARTS:
        rest = part, folder, record["sha256"], max_length, pool
        if part == "test":
            found = store(paths[part], *rest)
        else:
            checksum.begin_part()
            found = store(paths[part], *rest, checksum.add)
            checksum.end_part()
        files |= found.files
        parts[part] = _part_record(part, read[part], found, max_length, name)
    return files, parts, checksum.hexdigest()


def _part_record(part, read, stored, max_length, name):
    """What the manifest says of a part; refuses one without anything to learn from."""
    counts = stored.all_counts if part == "test" else stored.kept_counts
    all_read, too_long = read.pairs + read.blank, read.pairs - stored.kept
    numbers = all_read, read.blank, too_long
    found = PartStatistics(part, *numbers, max_length, *counts)
    found.check(name)
    return {
        **{key: getattr(found, key) for key in ("read", "blank", "too_long", "kept")},
        "source": dataclasses.asdict(found.source),
        "target": dataclasses.asdict(found.target),
    }


def _tokenizers(sources, sample, folder, settings, options):
    """The tokenizers, learned from the sample or read from an interrupted call."""
    key, path = _key(settings), folder / layout.TOKENIZERS
    if path.is_file():
        known = read_object(path)
        if known.get("key") == key:
            return [tokenizers_module.deserialize(x) for x in known["tokenizers"]]
    found = learned_tokenizers(sources.languages, sample.sides(), options)
    serialized = [tokenizers_module.serialize(one) for one in found]
    write_json(path, {"key": key, "tokenizers": serialized})
    return found


def _key(settings):
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


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
            for side, lines in zip(layout.SIDES, block.encoded, strict=True):
                content = b"".join(line + b"\n" for line in lines)
                self._files[part, side].write(content)

        return write

    def record(self):
        return {file.name: file.record() for file in self._files.values()}
