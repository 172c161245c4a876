"""Corpora that somebody damaged: each is read aligned or refused in a line.

A line holds the number of its pair, so that a pair which does not belong together,
or stands at another place than its line number says, is seen.
"""

import contextlib
import gzip
import io
import re
import shutil
import unicodedata

import numpy as np

from keras_nmt.corpora.corpus import read_corpus
from keras_nmt.errors import InputError
from keras_nmt.text.batching import TranslationBatches
from keras_nmt.text.processing import (
    TextProcessor,
    check_ids,
    encode_pairs,
    tokenize_pairs,
)
from keras_nmt.text.tokenizer import WordTokenizer
from keras_nmt.text.vocabulary import Vocabulary

PARTS = ("train", "val", "test")
WORDS = ("Hund", "süß", "läuft", "the", "dog", "«so»", "z.B.", "<eos>", "😀", "\u00a0")
SEPARATORS = ("\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\x1c", "\r", "\x00", "\t")
LABEL = re.compile(r"pair(\d+)end", re.IGNORECASE)
TOKENIZERS = WordTokenizer("de", newline_token=True), WordTokenizer("en")


def survives(folder, seed):
    """Whether corpus number `seed` is read as it should be or refused in words."""
    generator = np.random.default_rng(seed)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    files = _clean(generator)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    for _ in range(generator.integers(0, 4)):
        name = str(generator.choice(sorted(files)))
        damage = DAMAGE[generator.integers(len(DAMAGE))]
        damage(folder / name, generator)
    try:
        with contextlib.redirect_stderr(io.StringIO()):  # notes on what was mended
            corpus = read_corpus(folder)
        _learn(corpus)
    except InputError as error:
        return str(error).count("\n") < 2 and str(folder) in str(error)
    parts = corpus.train, corpus.validation, corpus.test
    return all(_is_aligned(text) for text in parts)


def _clean(generator):
    """Six files by name; line n says so in both languages."""
    files = {}
    for part in PARTS:
        count = int(generator.integers(1, 9))
        for language in ("de", "en"):
            lines = [
                f"{' '.join(generator.choice(WORDS, 3))} pair{n}end ja\n"
                for n in range(1, count + 1)
            ]
            files[f"{part}.{language}"] = "".join(lines).encode()
    return files


def _learn(corpus):
    """All that training does with a text before its first step."""
    tokens = tokenize_pairs(corpus.train, *TOKENIZERS)
    source, target = (
        TextProcessor(tokenizer, Vocabulary.build(side, 1))
        for tokenizer, side in zip(
            TOKENIZERS, (tokens.source, tokens.target), strict=True
        )
    )
    pairs = encode_pairs(tokens, source, target, 20)
    lines = corpus.train.line_numbers(pairs.kept)
    sizes = len(source.vocabulary), len(target.vocabulary)
    check_ids(pairs, *sizes, "train", lines)
    for batch in range(len(TranslationBatches(pairs, 4, [(20, 20)])) if pairs else 0):
        TranslationBatches(pairs, 4, [(20, 20)], seed=0)[batch]


def _is_aligned(text):
    numbers = text.line_numbers(range(len(text)))
    for number, *sides in zip(numbers, text.source, text.target, strict=True):
        labels = {int(x) for side in sides for x in LABEL.findall(side)}
        if labels - {number}:
            return False
    return True


# === Damage ===


def _changed_line(path, generator, change):
    if not path.is_file():
        return
    lines = path.read_bytes().split(b"\n")
    place = generator.integers(max(1, len(lines) - 1))
    lines[place] = change(lines[place])
    path.write_bytes(b"\n".join(lines))


def _separator(path, generator):
    mark = str(generator.choice(SEPARATORS)).encode() or b"\x00"
    _changed_line(path, generator, lambda line: line.replace(b" ", mark, 1) + mark)


def _blank(path, generator):
    _changed_line(path, generator, lambda line: b" \xc2\xa0"[: generator.integers(4)])


def _not_utf8(path, generator):
    _changed_line(path, generator, lambda line: line + bytes([0xC0, 0xFF]))


def _too_long(path, generator):
    if generator.integers(20) == 0:  # a megabyte takes its time
        _changed_line(path, generator, lambda line: line + b"a" * 1_000_001)


def _rewritten(change):
    def damage(path, generator):
        if path.is_file():
            path.write_bytes(change(path.read_bytes(), generator))

    return damage


def _flipped(content, generator):
    content = bytearray(content or b"\n")
    # A flipped "\n" or digit is another corpus, which no reader can know.
    letters = [n for n, x in enumerate(content) if x > 0x7F or x == 0x20] or [0]
    content[generator.choice(letters)] ^= 1 << generator.integers(3, 8)
    return bytes(content)


def _without_last_line(content, generator):
    return b"".join(line + b"\n" for line in content.split(b"\n")[:-2])


def _decomposed(content, generator):
    text = content.decode("utf-8", "ignore")
    return unicodedata.normalize("NFD", text).encode()


def _packed(change):
    def damage(path, generator):
        if path.is_file() and path.suffix != ".gz":
            whole = gzip.compress(path.read_bytes())
            path.with_name(f"{path.name}.gz").write_bytes(change(whole, generator))
            path.unlink()

    return damage


def _cut(content, generator):
    return content[: generator.integers(len(content) + 1)]


def _any_flip(content, generator):
    content = bytearray(content)
    content[generator.integers(len(content))] ^= 1 << generator.integers(8)
    return bytes(content)


def _missing(path, generator):
    if path.is_file():
        path.unlink()


def _folder(path, generator):
    _missing(path, generator)
    path.mkdir(exist_ok=True)


DAMAGE = (
    _separator,
    _blank,
    _not_utf8,
    _too_long,
    _missing,
    _folder,
    _rewritten(_cut),
    _rewritten(_flipped),
    _rewritten(_without_last_line),
    _rewritten(_decomposed),
    _rewritten(lambda content, generator: b""),
    _rewritten(lambda content, generator: b"\xef\xbb\xbf" + content),
    _rewritten(lambda content, generator: content.replace(b"\n", b"\r\n")),
    _rewritten(lambda content, generator: content.removesuffix(b"\n")),
    _rewritten(lambda content, generator: content + b"\n"),
    _rewritten(
        lambda content, generator: content.decode("utf-8", "ignore").encode("utf-16")
    ),
    _packed(lambda whole, generator: whole),
    _packed(_cut),
    _packed(_any_flip),
    _packed(lambda whole, generator: whole + b"tail"),
    _packed(lambda whole, generator: b"plain\n"),
)
