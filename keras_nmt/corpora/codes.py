"""Finds a language that is asked for among the codes of files, columns or units."""

from keras_nmt.text.languages import same


def spelled(code):
    """A code as it is compared: `zh-hans` of `zh_Hans`."""
    return code.lower().replace("_", "-")


def places_of(language, codes):
    """The places of the codes that fit a language best.

    These are its very code; or else the same in another spelling; or else all codes of
    the language, whatever their region and script.

        >>> there = ["pt_BR", "pt_PT", None]
        >>> places_of("pt-BR", there), places_of("pt", there)
        ([0], [0, 1])
    """
    for fits in (str.__eq__, _is_spelled_like, same):
        found = [n for n, code in enumerate(codes) if code and fits(language, code)]
        if found:
            return found
    return []


def _is_spelled_like(first, second):
    return spelled(first) == spelled(second)
