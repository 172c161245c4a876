"""A run folder that holds the mean of the weights of another run's epochs."""

from keras_nmt import kernels
from keras_nmt.errors import InputError
from keras_nmt.evaluation.bleu_tokenizers import (
    check_tokenizer,
    tokenizer_of,
    tokenizer_of_run,
)
from keras_nmt.evaluation.scores import score
from keras_nmt.files import read_object, write_json
from keras_nmt.recipes.from_text import recorded
from keras_nmt.run import averaging, writing
from keras_nmt.run import translator as translators
from keras_nmt.run.file_formats import write_translations
from keras_nmt.run.status import AVERAGE, AVERAGED
from keras_nmt.run.translator_file import digest
from keras_nmt.run.validation_bleu import ValidationBleu
from keras_nmt.text.batching import TranslationBatches
from keras_nmt.text.processing import encode_pairs, tokenize_pairs
from keras_nmt.training.lock import one_writer


def chosen_epochs(run, by, count):
    """The last or the best epochs of a run, in order.

    Args:
        run: a complete `Run`.
        by: "last", or "best" as its recipe compares epochs.
        count: how many, at least 1.

    Raises:
        InputError: it has fewer, or their weights are not kept.
    """
    rows = run.epochs
    epochs = [int(row["epoch"]) for row in rows]
    if by == "best":
        epochs = recorded(run.config).selection.ranked(rows)
    if not 1 <= count <= len(epochs):
        raise InputError(
            f"--{by} {count}: {run.folder} has {len(epochs)} such epochs; give a "
            "number from 1 to that"
        )
    epochs = sorted(epochs[-count:] if by == "last" else epochs[:count])
    averaging.check_kept(run, epochs)
    return epochs


def write_average(run, new, epochs, of, validation, test=False):
    """Averages the weights of epochs, writes a run folder, and measures on validation.

    Args:
        run: the complete `Run` that was averaged.
        new: the `Run` to write.
        epochs: whose weights are averaged.
        of: what they are in a word: "last5", "best3".
        validation: `ParallelText`, the run's validation text.
        test: whether to translate the run's test set, too.

    Returns:
        The content of the new scores.json.

    Raises:
        InputError: something else is in the new folder, or a file is damaged, or the
            text is not the run's.
    """
    average = {
        "of": of,
        "run": run.name,
        "epochs": epochs,
        "method": "mean of the weights, summed in float64",
    }
    _check_free(new, average)
    check_text(run, validation)
    translator = translators.load(run.folder)
    measure = Validation(run, translator, validation)
    with one_writer(new.lock_file, option="--out"):
        writing.tidy(new)
        best = {"epoch": recorded(run.config).selection.best(run.epochs)}
        best |= measure.of_best(run, best["epoch"])
        owner = digest(translator)
        averaging.load_average(translator.model, run, epochs, owner)
        writing.begin(new, {**run.config, AVERAGE: average}, translator)
        averaging.save_average(translator.model, new, owner)
        scores = {
            "status": AVERAGED,
            "reason": f"the mean of the weights of {averaging.in_words(epochs)} of "
            f"{run.name}",
            "parameters": translator.model.count_params(),
            "validation": {"average": measure(), "best_epoch": best},
        }
        if test:
            scores |= _test(run, new, translator)
        write_json(new.scores_file, scores)
    return scores


class Validation:
    """Validation loss and BLEU of a translator's weights, as training measures them."""

    def __init__(self, run, translator, text):
        self.recipe = recipe = recorded(run.config)
        sides = translator.source, translator.target
        tokens = tokenize_pairs(text, *(side.tokenizer for side in sides))
        pairs = encode_pairs(tokens, *sides, recipe.max_length)
        self.model = translator.model
        self.model.compile(jit_compile=kernels.JIT_COMPILE)
        self.batches = TranslationBatches(pairs, **recipe.batch_options())
        self.bleu = ValidationBleu(
            translator, text.select(pairs.kept), tokenizer_for(run), recipe.lowercase
        )

    def __call__(self):
        with kernels.products_in(self.recipe.precision):
            return {"loss": self.loss(), "bleu": self.bleu.measure()}

    def loss(self):
        """Nats a token, without label smoothing."""
        found = self.model.evaluate(self.batches, verbose=0, return_dict=True)
        return found["nll"]

    def of_best(self, run, epoch):
        """Of the single best epoch, whether the run translates with it or not."""
        if run.average_weights_file.exists():
            averaging.load_weights(self.model, run.weights_file)
        return self()


def tokenizer_for(run):
    """sacreBLEU's tokenizer for the run's BLEU of validation and test."""
    if "test" in run.scores:
        return check_tokenizer(tokenizer_of_run(run.scores))
    return check_tokenizer(tokenizer_of(None))


def _check_free(new, average):
    """Refuses to replace anything but the same average, or what a kill left of it."""
    there = read_object(new.config_file) if new.config_file.exists() else {}
    files = [*new.folder.iterdir()] if new.folder.is_dir() else []
    foreign = [path for path in files if path != new.checkpoints]
    if new.translating_weights_file.exists():
        foreign.append(new.translating_weights_file)
    if foreign and there.get(AVERAGE) != average:
        raise InputError(
            f"{new.folder}: is not empty; give another --out, or remove the folder"
        )


def check_text(run, validation):
    """Refuses validation text that is not the run's.

    Raises:
        InputError: the checksums differ, for example because source and target are
            exchanged.
    """
    known = (run.text or {}).get("validation")
    if known != validation.fingerprints():
        raise InputError(
            f"{run.folder}: was trained with other validation text; give its corpus by "
            "--corpus, with --source-language and --target-language"
        )


def _test(run, new, translator):
    """Translates the test set; returns the entries of scores.json."""
    sources, references = zip(*(row[:2] for row in run.translations), strict=True)
    hypotheses, speed = writing.translated(translator, sources)
    rows = zip(sources, references, hypotheses, strict=True)
    write_translations(new.translations_file, rows)
    found = score(hypotheses, references, run.kept_rows, tokenize=tokenizer_for(run))
    return {"translation": speed, "test": found}
