"""Finds the files of a corpus in its folder, by part and language."""

import dataclasses
import logging
import pathlib

from keras_nmt.corpora.codes import places_of
from keras_nmt.corpora.formats.opening import check_regular
from keras_nmt.corpora.part_names import LONG, SHORT, VALIDATION, files_of_parts
from keras_nmt.corpora.test_sets import choose_test, some
from keras_nmt.errors import InputError, did_you_mean
from keras_nmt.text.languages import base, has_rules, spacy_code

_LOG = logging.getLogger("keras_nmt")


@dataclasses.dataclass(frozen=True)
class Layout:
    """The files of a corpus, found in its folder.

    A language is a file suffix for which there are train, validation and a test set.
    Other files in the folder are not part of the corpus.

        >>> layout = find_layout(pathlib.Path("multi30k"))
        >>> layout.direction()
        ('de', 'en')
        >>> layout.validation(("de", "en")), layout.test(("de", "en"))
        ('val', 'test_2016_flickr')

    Args:
        folder: where the files are.
        files: `{(part, language): path}`.
        others: names of other files that begin like a part's.
    """

    folder: pathlib.Path
    files: dict
    others: tuple[str, ...]

    def direction(self, source=None, target=None):
        """The suffixes to translate from and into.

        Without a choice: German to English if the suffixes are `de` and `en`, otherwise
        from the alphabetically first to the second. If one is given, the other is the
        remaining suffix.

        Raises:
            InputError: there are fewer than two languages, or more and no choice.
        """
        trained = self.train_languages
        source, target = (_suffix_of(x, trained) for x in (source, target))
        asked = [language for language in (source, target) if language is not None]
        for language in asked:
            if language not in trained:
                hint = did_you_mean(language, trained)
                raise InputError(
                    f"{self.folder}: no train.{language}{hint}; add that file, or "
                    f"choose from {', '.join(trained) or 'files called train.xx'}"
                )
        if asked and source == target:
            raise InputError(
                f"{self.folder}: from {source} into {target} is no translation; "
                f"choose two different languages of {', '.join(trained)}"
            )
        if len(asked) == 2:
            return source, target
        return self._ordered(self._languages(trained, asked), source, target)

    def _languages(self, trained, asked):
        """The two languages of the folder, which include those of `asked`."""
        grades = [self._complete(), self._begun(), trained]
        found = next((grade for grade in grades if len(grade) > 1), trained)
        found = sorted({*found, *asked})
        for is_language in (has_rules, spacy_code):
            if len(found) > 2:
                spoken = [x for x in found if x in asked or is_language(x)]
                found = spoken if len(spoken) == 2 else found
        if len(found) < 2:
            raise InputError(
                f"{self.folder}: expected train.xx and train.yy of two languages, "
                f"found {self._what_is_there(found)}; give a file a language called "
                "train.xx, val.xx and test.xx, one sentence a line"
            )
        if len(found) > 2:
            raise InputError(
                f"{self.folder}: holds {len(found)} languages, {', '.join(found)}; "
                "choose two of them by --source-language and --target-language"
            )
        return found

    def _ordered(self, found, source, target):
        if source is None and target is None:
            # "en" comes after "de" and "deu", but "EN" before "de".
            is_german_first = sorted(map(base, filter(base, found))) == ["de", "en"]
            return tuple(sorted(found, key=base) if is_german_first else found)
        source = source or next(x for x in found if x != target)
        target = target or next(x for x in found if x != source)
        return source, target

    def has_validation(self, languages):
        """Whether a file of a validation set is there."""
        return bool(self._parts(VALIDATION, languages))

    def has_tests(self):
        """Whether a file of a test set is there."""
        return bool(self._tests())

    def validation(self, languages):
        """The name of the validation set, one of `VALIDATION`.

        Raises:
            InputError: there is none, or more than one.
        """
        found = self._parts(VALIDATION, languages)
        if len(found) > 1:
            raise InputError(
                f"{self.folder}: {' and '.join(found)} are both names of the "
                "validation set; keep the files of one and move the others away"
            )
        if not found:
            raise InputError(
                f"{self.folder}: no validation set; add {_files('val', languages)}, "
                "lines that are not in train"
            )
        return found[0]

    def test(self, languages, name=None):
        """The name of the test set: `name`, or the default.

        The default is `test`, then `test_2016_flickr`, then the only one.

        Raises:
            InputError: there is none, or there are several and no choice.
        """
        there = self._tests()
        whole = [part for part in there if self._speaks(part, languages)]
        files = _files(name or "test", languages)
        return choose_test(self.folder, there, name, whole=whole, files=files)

    def path(self, part, language):
        """The file of a part in a language.

        Raises:
            InputError: it is missing, or not a regular file.
        """
        if (part, language) not in self.files:
            raise InputError(
                f"{self.folder}: no {part}.{language}; add that file (or its .gz)"
            )
        path = self.files[part, language]
        check_regular(path)
        return path

    def note_ignored(self, languages):
        """Logs one warning that names files that look like parts but are not read."""
        spoken = {*languages, *(x for x in self._complete() if has_rules(x))}
        strays = [p.name for (_, x), p in self.files.items() if x not in spoken]
        names = sorted([*strays, *self.others])
        if names:
            _LOG.warning("%s: not read: %s", self.folder, some(names))

    @property
    def train_languages(self):
        return self._with("train")

    def _with(self, part):
        return sorted({language for name, language in self.files if name == part})

    def _begun(self):
        """Languages with train and at least one other part."""
        parts = [x for name, x in self.files if name != "train"]
        return [x for x in self._with("train") if x in parts]

    def _complete(self):
        """Languages with train, validation and a test set."""
        validated = {x for name, x in self.files if name in VALIDATION}
        tested = {x for name, x in self.files if name.startswith("test")}
        return [x for x in self._with("train") if x in validated & tested]

    def _tests(self):
        return sorted({part for part, _ in self.files if part.startswith("test")})

    def _parts(self, names, languages):
        return [n for n in names if any((n, x) in self.files for x in languages)]

    def _speaks(self, part, languages):
        return all((part, language) in self.files for language in languages)

    def _what_is_there(self, languages):
        if languages:
            return f"train.{languages[0]} alone"
        names = [x.name for x in self.folder.iterdir() if not x.name.startswith(".")]
        return some(sorted(names)) if names else "an empty folder"


def find_layout(folder):
    """The `Layout` of a folder, from the names of its files.

    They are called `train.de`; `.gz`, `.xz` or `.zst` may follow. Where there are
    no such files of two languages, also `train.de.txt`, `train.tok.de`,
    `train.de-en.de`. `newstest2014.de` is read as `test2014.de`, and the only newsdev
    as `val`, unless such files are there.

    Raises:
        InputError: the folder does not exist.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; check the path of the corpus")
    # Sorted so that `train.de` comes before `train.de.gz`, and folders come last.
    paths = sorted(folder.iterdir(), key=lambda path: (path.is_dir(), path.name))
    found = Layout(folder, *files_of_parts(paths, SHORT))
    if len(found.train_languages) < 2:
        longer = Layout(folder, *files_of_parts(paths, LONG))
        found = longer if len(longer.train_languages) > 1 else found
    return found


def _suffix_of(language, suffixes):
    """The suffix of a language that is asked for by another code, if there is one."""
    places = places_of(language, suffixes) if language else []
    return suffixes[places[0]] if len(places) == 1 else language


def _files(part, languages):
    return " and ".join(f"{part}.{language}" for language in languages)
