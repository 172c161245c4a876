"""Finds the files of a corpus, whatever their names, and opens their readers."""

import dataclasses
import pathlib
import re

from keras_nmt.corpora import moses
from keras_nmt.corpora.folders import candidates, note_unread, tables
from keras_nmt.corpora.formats.columns import refuse_columns
from keras_nmt.corpora.formats.opening import check_regular, ending_of, open_pairs
from keras_nmt.corpora.formats.pairs import Choice, OnceLog
from keras_nmt.corpora.formats.two_files import TwoFiles
from keras_nmt.corpora.layout import find_layout
from keras_nmt.corpora.naming import language_of, name_of
from keras_nmt.corpora.part_names import PAIR, VALIDATION
from keras_nmt.corpora.test_sets import choose_test, some
from keras_nmt.errors import InputError
from keras_nmt.text.languages import ANY

PARTS = ("train", "validation", "test")

_PAIR_WITHIN = re.compile(rf"\.({PAIR})(?=\.)")
"""`de-en` in `train.de-en.de`."""


@dataclasses.dataclass(frozen=True)
class Sources:
    """The readers of a corpus: what a `Corpus` is made of, part by part.

    Args:
        name: of the corpus.
        place: its folder or file, for messages.
        languages: codes of source and target.
        parts: `{part: iterable of Pair}` for those of `PARTS` that there are.
        advice: `{part: how to add it}` for the others.
        log: where the readers told what they found.
    """

    name: str
    place: str
    languages: tuple
    parts: dict
    advice: dict
    log: OnceLog

    def paths(self):
        """Yields the files that the readers read."""
        for reader in self.parts.values():
            yield from reader.paths

    def require(self, parts=PARTS):
        """Refuses a corpus without one of its parts.

        Raises:
            InputError: the message says how to add it.
        """
        for part in parts:
            if part not in self.parts:
                name = {"validation": "validation set", "test": "test set"}[part]
                how = self.advice.get(part) or f"--{part}-source and --{part}-target"
                raise InputError(
                    f"{self.place}: no {name}; add {how}, lines that are not in train, "
                    "or --split 1000, which takes them away from train"
                )


def find_sources(path=None, choice=None, test=None, files=None):
    """The `Sources` of a corpus.

    Args:
        path: a folder, a file, or the prefix of two files; None with `files`.
        choice: a `Choice` of languages and columns.
        test: name of the test set of a folder.
        files: `{part: (source path, target path)}` of parts that are named file by
            file; they replace those of `path`.

    Raises:
        FileNotFoundError: there is no such path.
        InputError: there is no train, or the choice is not clear.
    """
    choice, files, log = choice or Choice(), files or {}, OnceLog()
    unknown = [*files.keys() - set(PARTS)]
    if unknown:
        raise InputError(f"files: no part {unknown[0]!r}; there are {', '.join(PARTS)}")
    if path is None and "train" not in files:
        raise InputError("no corpus; give the path of one, or the files of train")
    if test is not None and (path is None or "test" in files):
        raise InputError(
            f"--test {test} chooses among the test sets of a folder; leave it out, or "
            "name the files by --test-source and --test-target alone"
        )
    if path is None:
        refuse_columns(choice, files["train"][0], "a file of one language")
        found = _named_files(files, choice, log)
    else:
        path = pathlib.Path(path)
        found = _found(path, choice, test, log, files)
    for part, paths in files.items():
        found.parts[part] = _two_files(*paths, found.languages, log)
    return dataclasses.replace(found, languages=_spoken(found, log))


def _spoken(sources, log):
    """The languages; `ANY` with a warning for those that nothing names."""
    if None in sources.languages:
        log.warning(
            "%s: nothing tells the languages, which --source-language and "
            "--target-language name; BLEU and the rules for words are those for any",
            sources.place,
        )
    return tuple(language or ANY for language in sources.languages)


def _found(path, choice, test, log, named):
    if path.is_dir():
        return _folder(path, choice, test, log, named)
    if not path.exists():
        layout = moses.find_prefix(path)
        if layout is None:
            raise FileNotFoundError(path)
        return _of_layout(layout, choice, test, log, named)
    if _is_one_side(path):
        raise InputError(
            f"{path}: is one side of a corpus; give the folder of its files, or "
            f"--train-source {path} --train-target and the file of its translations"
        )
    return _single(path, {"train": path}, choice, test, log)


def _is_one_side(path):
    return ending_of(path) is None and path.is_file()


def _folder(folder, choice, test, log, named):
    layout = find_layout(folder)
    if len(layout.train_languages) < 2:
        parts = tables(folder)
        if "train" in parts:
            note_unread(folder, parts.values(), named)
            return _single(folder, parts, choice, test, log)
        found = moses.find_moses(folder) if not layout.train_languages else None
        if found is not None:
            return _of_layout(found, choice, test, log, named)
        alone = [] if layout.train_languages else candidates(folder)
        if len(alone) > 1:
            raise InputError(
                f"{folder}: {some([x.name for x in alone])} may each be the corpus; "
                f"name one: --corpus {alone[0]}"
            )
        if alone:
            note_unread(folder, alone, named)
            return _single(alone[0], {"train": alone[0]}, choice, test, log)
    return _of_layout(layout, choice, test, log, named)


def _of_layout(layout, choice, test, log, named):
    """The sources of pairs of files."""
    refuse_columns(choice, layout.folder, "a file of one language")
    languages = layout.direction(*choice.languages)
    names = {"train": "train"}
    if "validation" not in named and layout.has_validation(languages):
        names["validation"] = layout.validation(languages)
    if "test" not in named and (layout.has_tests() or test):
        names["test"] = layout.test(languages, test)
    parts = {
        part: _two_files(*_sides(layout, name, languages), languages, log)
        for part, name in names.items()
        if part not in named
    }
    layout.note_ignored(languages)
    advice = {
        "validation": " and ".join(f"val.{x}" for x in languages),
        "test": " and ".join(f"test.{x}" for x in languages),
    }
    return Sources(name_of(layout.folder), layout.folder, languages, parts, advice, log)


def _sides(layout, part, languages):
    """The files of both sides of a part.

    Raises:
        InputError: one is missing, or their names are of two pairs of languages.
    """
    found = [layout.path(part, language) for language in languages]
    pairs = [_PAIR_WITHIN.findall(path.name) for path in found]
    if all(pairs) and pairs[0] != pairs[1]:
        raise InputError(
            f"{layout.folder}: {found[0].name} and {found[1].name} are not each "
            "other's translation by their names; keep the files of one pair of "
            "languages there"
        )
    return found


def _two_files(source, target, languages, log):
    for path in (source, target):
        check_regular(pathlib.Path(path))
    found = TwoFiles(pathlib.Path(source), pathlib.Path(target), languages, log)
    found.check()
    return found


def _single(place, paths, choice, test, log):
    """The sources of parts that are a file each.

    Args:
        place: the folder or file of the corpus.
        paths: `{part name: path}`.
    """
    validations = [name for name in VALIDATION if name in paths]
    if len(validations) > 1:
        raise InputError(
            f"{place}: {' and '.join(validations)} are both names of the validation "
            "set; keep one and move the other away"
        )
    chosen = {"train": paths["train"]}
    if validations:
        chosen["validation"] = paths[validations[0]]
    tests = sorted(name for name in paths if name.startswith("test"))
    if test is not None or tests:
        chosen["test"] = paths[choose_test(place, tests, test)]
    train = open_pairs(chosen["train"], choice, log)
    languages = train.languages
    parts = {"train": train}
    for part in chosen.keys() - {"train"}:
        # The other parts may have their columns in another order.
        parts[part] = open_pairs(chosen[part], choice.of(languages), log)
    ending = chosen["train"].suffix
    advice = {"validation": f"val{ending}", "test": f"test{ending}"}
    if place == chosen["train"]:
        advice = {}
    return Sources(name_of(place), place, languages, parts, advice, log)


def _named_files(files, choice, log):
    """Sources without a folder: `train` is named file by file."""
    source, target = map(pathlib.Path, files["train"])
    endings = [language_of(path) for path in (source, target)]
    languages = tuple(
        asked or ending for asked, ending in zip(choice.languages, endings, strict=True)
    )
    return Sources(name_of(source), source, languages, {}, {}, log)
