"""spaCy imported without torch, which it would import wherever that is installed.

thinc, on which spaCy's neural pipelines are built, does so to know whether they may use
torch. Of spaCy we need the rules of languages alone: torch would cost whoever computes
with another backend two seconds and 200 MB. So torch is as if it were not installed,
to this thread alone and only while spaCy is imported for the first time. When somebody
imports torch later, thinc is told what it would have found, and spaCy's neural
pipelines work as ever.
"""

import contextlib
import importlib
import importlib.abc
import importlib.util
import sys
import threading

_ONE_AT_A_TIME = threading.RLock()


def import_spacy():
    """The module `spacy`."""
    with _ONE_AT_A_TIME:
        if {"spacy", "thinc", "torch"}.isdisjoint(sys.modules):
            with _without_torch():
                importlib.import_module("spacy")
            sys.meta_path.insert(0, _TellsThinc())
    return importlib.import_module("spacy")


@contextlib.contextmanager
def _without_torch():
    finder = _HidesTorch(threading.get_ident())
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _HidesTorch(importlib.abc.MetaPathFinder):
    """Says to one thread that there is no torch."""

    def __init__(self, thread):
        self.thread = thread

    def find_spec(self, name, path=None, target=None):
        if name == "torch" and threading.get_ident() == self.thread:
            raise ModuleNotFoundError("No module named 'torch'", name=name)
        return None


class _TellsThinc(importlib.abc.MetaPathFinder):
    """Finds torch as usual, and tells thinc of it once it is imported."""

    def find_spec(self, name, path=None, target=None):
        if name != "torch":
            return None
        others = [finder for finder in sys.meta_path if finder is not self]
        found = (finder.find_spec(name, path, target) for finder in others)
        spec = next(filter(None, found), None)
        if spec is not None:
            load = spec.loader.exec_module

            def exec_module(module):
                load(module)
                sys.meta_path.remove(self)
                _tell_thinc()

            spec.loader.exec_module = exec_module
        return spec


def _tell_thinc():
    """Looks at torch once more, and hands what is found to all who took it then."""
    seen = sys.modules["thinc.compat"]
    spec = importlib.util.find_spec("thinc.compat")
    anew = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(anew)
    names = [name for name in vars(anew) if "torch" in name or name == "has_gpu"]
    for name, module in [*sys.modules.items()]:
        if module is seen or name.startswith("thinc."):
            for found in names:
                if hasattr(module, found):
                    setattr(module, found, getattr(anew, found))
