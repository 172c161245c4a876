"""The systems of a server, found by the languages of a request."""

from keras_nmt.errors import InputError
from keras_nmt.serving.pairs import name_of
from keras_nmt.serving.refusals import Refusal
from keras_nmt.text.languages import same

AUTO = "auto"
"""Source language that the server shall find out."""

LONGEST_CODE = 35
"""Characters of a language code, as RFC 5646 recommends."""


class Catalog:
    """The systems that are served, at most one for each pair of languages.

    Args:
        systems: list of `Served`.

    Raises:
        InputError: two systems translate the same pair.
    """

    def __init__(self, systems):
        self.systems = list(systems)
        taken = {}
        for system in self.systems:
            pair = system.source, system.target
            if pair in taken:
                raise InputError(
                    f"{taken[pair]} and {system.name} both translate "
                    f"{'-'.join(pair)}; give one of them"
                )
            taken[pair] = system.name

    def find(self, source, target):
        """The systems from a language, or from any, to another.

        Args:
            source: a code, or `AUTO`.
            target: a code.

        Returns:
            a list of `Served`; of more than one only if `source` is `AUTO`.

        Raises:
            Refusal: there is none.
        """
        fitting = [x for x in self.systems if _names(target, x.target)]
        # A code that is written alike goes before another of the same language.
        fitting.sort(key=lambda x: x.target != target)
        if not fitting:
            raise Refusal(400, f"target {_shown(target)} is not supported; {self._all}")
        if source == AUTO:
            return fitting
        exact = [x for x in fitting if x.source == source]
        fitting = exact or [x for x in fitting if _names(source, x.source)]
        if not fitting:
            raise Refusal(400, f"source {_shown(source)} is not supported; {self._all}")
        return fitting[:1]

    def sources(self):
        """One system for each source language, in the order they were given."""
        found = {}
        for system in self.systems:
            found.setdefault(system.source, system)
        return list(found.values())

    def languages(self):
        """Code, name and targets of each language, as JSON."""
        codes = sorted({code for x in self.systems for code in (x.source, x.target)})
        return [
            {
                "code": code,
                "name": name_of(code),
                "targets": sorted(x.target for x in self.systems if x.source == code),
            }
            for code in codes
        ]

    @property
    def _all(self):
        pairs = sorted(f"{x.source} to {x.target}" for x in self.systems)
        return f"this server translates {', '.join(pairs)}"


def _names(code, language):
    """Whether a code of a request names a language of a system."""
    return code == language or (len(code) <= LONGEST_CODE and same(code, language))


def _shown(code):
    return ascii(f"{code:.{LONGEST_CODE}}")
