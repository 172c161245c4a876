"""The systems of a server, found by the languages of a request."""

from keras_nmt.errors import InputError
from keras_nmt.run.language_pairs import name_of, usual
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
        self.sides = {}  # what reads each language, at best for a system from it
        for side in ("source", "target"):
            for system in self.systems:
                reader = getattr(system.translator, side)
                self.sides.setdefault(getattr(system, side), reader)

    def find(self, source, target):
        """The systems from a language, or from any, to another.

        Args:
            source: a code, or `AUTO`.
            target: a code.

        Returns:
            a dict from the languages that the text may be in, several only if `source`
            is `AUTO`, to the `Served` that translates each, or to None for the target
            itself: such a text stays as it is.

        Raises:
            Refusal: there is none.
        """
        found = self._into(target)
        if source == AUTO and any(found.values()):
            return found
        language = self._served(source)
        if language not in found:
            same = (x for x in found if found[x] and _names(source, x))
            language = next(same, None)
        if language is None:
            raise self._unsupported(source, target, any(found.values()))
        return {language: found[language]}

    def _into(self, target):
        """The system from each language to the target, and None from itself."""
        own, found = self._served(target), {}
        # A variety that is named goes before another of its language.
        for system in sorted(self.systems, key=lambda x: x.target != own):
            if _names(target, system.target):
                found.setdefault(system.source, system)
        if own is not None:
            found.setdefault(own, None)
        return found

    def _served(self, code):
        """The code of a served language, at best the very variety; None for none."""
        named = [language for language in self.sides if _names(code, language)]
        return min(named, key=lambda x: x != usual(code), default=None)

    def languages(self):
        """Code, name and targets of each language, as JSON."""
        return [
            {
                "code": code,
                "name": name_of(code),
                "targets": sorted(
                    {code, *(x.target for x in self.systems if x.source == code)}
                ),
            }
            for code in sorted(self.sides)
        ]

    def _unsupported(self, source, target, is_target):
        wrong = f"source {_shown(source)}" if is_target else f"target {_shown(target)}"
        pairs = sorted(f"{x.source} to {x.target}" for x in self.systems)
        served = f"this server translates {', '.join(pairs)}"
        return Refusal(400, f"{wrong} is not supported; {served}")


def _names(code, language):
    """Whether a code of a request names a language of a system."""
    return code == language or (len(code) <= LONGEST_CODE and same(code, language))


def _shown(code):
    return ascii(f"{code:.{LONGEST_CODE}}")
