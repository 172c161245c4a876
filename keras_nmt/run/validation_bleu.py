"""BLEU of the validation pairs by greedy search, also while a system is trained."""

import time

import keras
from sacrebleu.metrics import BLEU
from tqdm import tqdm

from keras_nmt import kernels
from keras_nmt.run.file_formats import BLEU_COLUMN

CHUNK = 256
"""Most lines between two looks for a signal; two batches, which run at a time."""

DECIMALS = 4


class ValidationBleu:
    """Translates the validation pairs with a model's current weights and scores them.

    The search is compiled once: the weights are its inputs, not constants.

    Args:
        translator: `TrainedTranslator`.
        text: `ParallelText`, the raw lines of the validation pairs.
        tokenize: name of sacreBLEU's tokenizer.
        lowercase: whether both sides are lower-cased before they are compared.
    """

    def __init__(self, translator, text, tokenize, lowercase):
        self.translator = translator
        self.text = text
        self.metric = BLEU(tokenize=tokenize, lowercase=lowercase)

    def measure(self, between=lambda: None):
        """BLEU from 0 to 100.

        Args:
            between: called again and again; may raise an exception to stop.
        """
        lines = self.text.source
        by_length = sorted(range(len(lines)), key=lambda place: len(lines[place]))
        hypotheses = [None] * len(lines)
        group = kernels.processes.current()
        hidden = None if group.rank == 0 else True
        with tqdm(total=len(lines), desc="validation BLEU", disable=hidden) as bar:
            for start in range(0, len(lines), CHUNK * group.count):
                between()
                # A chunk for each process.
                places = by_length[start + group.rank * CHUNK :][:CHUNK]
                chunk = [lines[place] for place in places]
                found = self.translator.translate(chunk, progress=False)
                for place, hypothesis in zip(places, found, strict=True):
                    hypotheses[place] = hypothesis
                bar.update(len(places) * group.count)
        between()
        for others in group.gather(hypotheses):
            for place, hypothesis in enumerate(others):
                if hypothesis is not None:
                    hypotheses[place] = hypothesis
        score = self.metric.corpus_score(hypotheses, [self.text.target]).score
        return round(float(score), DECIMALS)


class BleuOfEpochs(keras.callbacks.Callback):
    """Adds validation BLEU to the logs of every n-th epoch, for callbacks after it.

    It draws no random numbers and changes no variable, so training goes on with the
    same bits as without it.

    Args:
        bleu: `ValidationBleu` of the model that is trained.
        every: n.
        leave_if_asked: called between batches; may raise an exception.
    """

    def __init__(self, bleu, every, leave_if_asked):
        super().__init__()
        self.bleu = bleu
        self.every = every
        self.leave_if_asked = leave_if_asked

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every:
            return
        began = time.perf_counter()
        kernels.sync(self.bleu.translator.model)
        logs[BLEU_COLUMN] = self.bleu.measure(self.leave_if_asked)
        seconds = time.perf_counter() - began
        print(
            f"epoch {epoch + 1}: validation BLEU {logs[BLEU_COLUMN]:.2f}, "
            f"{len(self.bleu.text):,} lines in {seconds:.1f} s",
            flush=True,
        )


def bleu_callbacks(recipe, translator, prepared, tokenize, resume):
    """The `BleuOfEpochs` that a recipe asks for, in a list; [] if it asks for none."""
    every = recipe.validation_bleu_every
    if not every:
        return []
    text = prepared.corpus.validation.select(prepared.pairs["validation"].kept)
    bleu = ValidationBleu(translator, text, tokenize, recipe.lowercase)
    return [BleuOfEpochs(bleu, every, resume.leave_if_asked)]
