"""The files of an export that turn text into tokens and tokens into text.

They run without this library, and hold its own code: `words.py` is put together from
the modules of `keras_nmt.text` that a `WordTokenizer` uses.
"""

import ast
import base64
import inspect
from pathlib import Path

from keras_nmt.errors import InputError
from keras_nmt.files import write_json, write_whole
from keras_nmt.search.beam import BeamSearch
from keras_nmt.search.loop import EXTRA_LENGTH
from keras_nmt.specials import SPECIALS, UNK
from keras_nmt.text import joining, learned_joining, tokenizer, word_kinds
from keras_nmt.text.languages import spacy_code
from keras_nmt.text.tokenizer import SubwordTokenizer, WordTokenizer

SETTINGS = "settings.json"

_WORDS_HEAD = f'''\
"""Words and their joining, as keras_nmt does it; needs spaCy. Generated."""

import functools
import json
import re
import unicodedata
from pathlib import Path

import spacy

SPECIALS = {SPECIALS!r}
UNK = {UNK}


class InputError(ValueError):
    pass


def spacy_rules(language):
    return spacy.blank(language).tokenizer


def normalize(text):
    return unicodedata.normalize("NFC", text)

'''

_WORDS_TAIL = """

class Words(WordTokenizer):
    def __init__(self, file_name):
        path = Path(__file__).parent / file_name
        super().__init__(**json.loads(path.read_text(encoding="utf-8")))

    def tokenize(self, line):
        return super().tokenize(unicodedata.normalize("NFC", line))
"""

_SUBWORDS = '''\
"""Subwords, as keras_nmt makes them; needs sentencepiece."""

import unicodedata
from pathlib import Path

import sentencepiece


class Subwords:
    def __init__(self, file_name):
        path = Path(__file__).parent / file_name
        self.pieces = sentencepiece.SentencePieceProcessor(model_file=str(path))

    def tokenize(self, line):
        return self.pieces.encode(unicodedata.normalize("NFC", line), out_type=str)

    def detokenize(self, tokens):
        return self.pieces.decode(list(tokens)) if tokens else ""
'''

_BUNDLED = {
    joining: (),
    word_kinds: (),
    learned_joining: ("_counted", "_ordinary", "learn", "_correct"),
    tokenizer: ("SubwordTokenizer", "serialize", "deserialize", "base64"),
}
"""Modules of words.py, in order, and the names in them that it leaves out."""


def write_text(trained, folder, script, with_subwords=True):
    """Writes translate.py, text.py and what they use.

    Args:
        trained: `TrainedTranslator`.
        folder: where to write.
        script: name of the file of this package that is copied to translate.py.
        with_subwords: whether text.py has tokenizers of subwords; if not, the engine
            cuts and joins them, and text.py has None in their places.
    """
    write_settings(trained, folder)
    write_script(folder, script)
    lines, made = [f"SPECIALS = {SPECIALS!r}"], []
    for side in ("source", "target"):
        tokenizer = getattr(trained, side).tokenizer
        if isinstance(tokenizer, SubwordTokenizer) and not with_subwords:
            lines.append(f"{side} = None")
            continue
        kind, file_name = _write_side(tokenizer, folder, side)
        lines.append(f'{side} = {kind}("{file_name}")')
        made.append(f"from {kind.lower()} import {kind}")
    head = '"""The tokenizers of both sides, and the special tokens."""'
    imports = [*dict.fromkeys(made), ""] if made else []
    text = "\n".join([head, "", *imports, *lines, ""])
    write_whole(folder / "text.py", text)


def preferred_beam(trained):
    """The beam size and the length penalty that translate.py uses unless told."""
    return BeamSearch().get_config() | trained.search.get_config()


def write_settings(trained, folder):
    """Writes the settings that translate.py reads."""
    model = trained.model
    settings = {
        "max_length": model.max_length,
        "visible_padding": model.visible_padding,
        "extra_length": EXTRA_LENGTH,
        **preferred_beam(trained),
    }
    write_json(folder / SETTINGS, settings)


def write_script(folder, script):
    """Copies a script of this folder to translate.py, and lines.py, which it uses."""
    for name, copy in ((script, "translate.py"), ("lines_script.py", "lines.py")):
        source = (Path(__file__).parent / name).read_text(encoding="utf-8")
        write_whole(folder / copy, source)


def _write_side(tokenizer, folder, side):
    """Writes what a tokenizer needs; its class in the export, and its file."""
    if isinstance(tokenizer, SubwordTokenizer):
        write_whole(folder / "subwords.py", _SUBWORDS)
        model = base64.b64decode(tokenizer.get_config()["model"])
        write_whole(folder / f"{side}.model", model)
        return "Subwords", f"{side}.model"
    if not isinstance(tokenizer, WordTokenizer):
        raise InputError(
            f"{type(tokenizer).__name__}: only words and subwords can be exported"
        )
    write_whole(folder / "words.py", words_module())
    config = tokenizer.get_config()
    config["language"] = spacy_code(tokenizer.language)
    write_json(folder / f"{side}.json", config)
    return "Words", f"{side}.json"


def words_module():
    """The text of words.py."""
    bodies = [_body(module, without) for module, without in _BUNDLED.items()]
    return "\n\n".join([_WORDS_HEAD, *bodies, _WORDS_TAIL])


def _body(module, without):
    """A module's code without its docstring, its imports and the names left out."""
    tree = ast.parse(inspect.getsource(module))
    kept = [_without(node, without) for node in tree.body[1:]]
    return "\n\n".join(ast.unparse(node) for node in kept if node is not None)


def _without(node, names):
    if isinstance(node, ast.Import | ast.ImportFrom):
        return None
    if getattr(node, "name", None) in names:
        return None
    if isinstance(node, ast.ClassDef):
        node.body = [x for x in node.body if getattr(x, "name", None) not in names]
    return node
