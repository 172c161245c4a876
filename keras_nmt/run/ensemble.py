"""Several trained translators that translate lines as one."""

import logging
import operator
import os

from keras_nmt.errors import InputError
from keras_nmt.run.long_lines import LONGEST_WHOLE
from keras_nmt.run.respelled_lines import respelled
from keras_nmt.run.sentences import ANY_LANGUAGE, split_sentences
from keras_nmt.run.translator import TrainedTranslator, load
from keras_nmt.run.translator_file import GREEDY
from keras_nmt.search.ensemble import Ensemble, EnsembleDecoder
from keras_nmt.text.lines import is_blank

_LOG = logging.getLogger("keras_nmt")


class TrainedEnsemble(TrainedTranslator):
    """Translates with the mean of the probabilities of several translators.

    Each system reads the source by its own tokenizer and vocabulary. They share those
    of the target. A line that is too long for one of them is translated sentence by
    sentence by all. Lines are respelled, as `Respeller` says, if one of them does so;
    the search is the one that all prefer, or else greedy.

    Args:
        members: `TrainedTranslator`s.
        names: of the members, for messages; their numbers from 1 if None.

    Raises:
        InputError: a member predicts all positions in one pass, or has other target
            tokens than the first.
    """

    decoder_class = EnsembleDecoder

    def __init__(self, members, names=None):
        self.members = list(members)
        names = names or [f"system {n}" for n, _ in enumerate(self.members, 1)]
        _check(self.members, names)
        first = self.members[0]
        model = Ensemble(member.model for member in self.members)
        super().__init__(model, first.source, first.target, _search_of(self.members))
        # Text in capitals is unknown to none of them alone.
        self.respell = next((x.respell for x in self.members if x.respell), None)

    def alignments(self, lines, search=None):
        """An ensemble has no attention weights of its own.

        Raises:
            InputError: always.
        """
        raise InputError("an ensemble has no attention to show; take one of its runs")

    def _pieces(self, lines, first):
        """For each line its sentences, tuples of their ids for each system."""
        if self.respell:
            lines = respelled(lines, self.respell, first)
        texts = [self._sentences(line) for line in lines]
        sides = []
        for member in self.members:
            side = [[member.source.encode(text) for text in line] for line in texts]
            sides.append(member.without_excess(side, first))
        return [list(zip(*line, strict=True)) for line in zip(*sides, strict=True)]

    def _sentences(self, line):
        """The line, or its sentences if it is too long for a system."""
        if is_blank(line):
            return []
        limits = [one.model.max_length or LONGEST_WHOLE for one in self.members]
        lengths = [len(one.source.encode(line)) for one in self.members]
        if all(map(operator.le, lengths, limits)):
            return [line]
        language = getattr(self.source.tokenizer, "language", ANY_LANGUAGE)
        return split_sentences(line, language)

    def __getstate__(self):
        return {"members": self.members}

    def __setstate__(self, state):
        self.__init__(state["members"])


def load_ensemble(folders):
    """Loads the models of several runs, to translate as one.

    Args:
        folders: of the runs, as in `load`; those of one run may stand there twice.

    Returns:
        `TrainedEnsemble`; of a single folder its `TrainedTranslator`.

    Raises:
        InputError: a run cannot be loaded, or the runs do not fit together.
    """
    if isinstance(folders, str | os.PathLike):
        raise InputError(f"expected a list of folders. Received: {str(folders)!r:.80}")
    members = [load(folder) for folder in folders]
    if len(members) == 1:
        return members[0]
    return TrainedEnsemble(members, folders)


def _search_of(members):
    """The search that all members prefer; greedy search if there is no such."""
    preferred = [member.search.get_config() for member in members]
    if all(config == preferred[0] for config in preferred):
        return members[0].search
    _LOG.warning("the systems prefer other searches each; none of these is used")
    return GREEDY


def _check(members, names):
    if not members:
        raise InputError("an ensemble needs at least one system; give some")
    for member, name in zip(members, names, strict=True):
        if member.model.one_pass:
            raise InputError(
                f"{name}: this system predicts all positions in one pass, so that it "
                "has no next word to agree on; leave it out of the ensemble"
            )
        if member.target.get_config() != members[0].target.get_config():
            raise InputError(
                f"{name}: has another target vocabulary or tokenizer than {names[0]}; "
                "an ensemble needs runs of one corpus whose recipes have the same "
                "tokenizer"
            )
