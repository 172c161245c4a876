"""The fields that all recipes have."""

import dataclasses

from keras_nmt.errors import InputError, did_you_mean
from keras_nmt.recipes import combinations
from keras_nmt.recipes.choices import fault_of
from keras_nmt.training.schedules import WarmUp
from keras_nmt.training.selection import Selection


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recipe:
    """What every experiment has: its text, its batches, its training.

    The defaults are the writeup's protocol. `system` is the row of the writeup
    that the recipe stands beside, None for a recipe of our own. `about` says in a line
    what it is for; it changes nothing.

    `learning_rate` is the highest one. `schedule`, `warmup_steps` and `decay_steps` are
    those of `training.schedules.WarmUp`. `clip_norm` is the largest norm of the
    gradient of all weights together (Pascanu et al. 2013), and `accumulation` the
    batches whose gradients are averaged for one update; 0 and 1 switch them off.

    `epoch_updates` is the number of updates in an epoch, for text so large that a pass
    over it is too long to wait for validation; 0 for one pass over train. Validation,
    the log, `patience` and whatever else counts epochs then follow it.

    Which weights translate, all off by default:

    - `validation_bleu_every`: epochs between two measurements of validation BLEU, by
      greedy search over the kept pairs; 0 for none.
    - `best_by`: what makes an epoch the best one, "loss" or "bleu" of validation.
    - `patience`: training ends after so many epochs without a better one; 0 for never.
    - `keep_last`: the weights of so many last epochs, and of as many best ones, are
      kept for `keras-nmt average`.
    - `average_last`: the mean of the weights of so many last epochs translates in the
      end (Vaswani et al. 2017, section 6.1); 0 for the best epoch's.
    - `ema`: decay of the moving average of the weights, a step for each batch; 0 for
      none. Validation and translation then use the average (Polyak & Juditsky 1992).
    """

    name: str
    system: str | None
    about: str = ""
    epochs: int
    epoch_updates: int = 0
    batch_size: int = 128
    batch_tokens: int = 0
    learning_rate: float = 1e-3
    schedule: str = "constant"
    warmup_steps: int = 0
    decay_steps: int = 0
    beta_1: float = 0.9
    beta_2: float = 0.999
    weight_decay: float = 0.0
    clip_norm: float = 0.0
    accumulation: int = 1
    min_frequency: int = 2
    tokenizer: str = "words"
    subword_vocabulary_size: int = 8000
    subword_model: str = "bpe"
    subword_sampling: float = 0.0
    lowercase: bool = True
    newline_token: bool = True
    max_length: int = 20
    shapes: tuple[tuple[int, int], ...] = ((20, 20),)
    score_sos: bool = True
    visible_padding: int = 20
    label_smoothing: float = 0.0
    word_dropout: float = 0.0
    consistency: str = "none"
    consistency_weight: float = 3.0
    cutoff: float = 0.05
    precision: str = "float32"
    validation_bleu_every: int = 0
    best_by: str = "loss"
    patience: int = 0
    keep_last: int = 0
    average_last: int = 0
    ema: float = 0.0
    dropout: float

    def __new__(cls, **fields):
        known = [field.name for field in dataclasses.fields(cls)]
        for name in fields:
            if name not in known:
                raise InputError(
                    f"recipe {fields.get('name')}: no field {name!r}"
                    f"{did_you_mean(name, known)}; there are {', '.join(known)}"
                )
        return super().__new__(cls)

    def __post_init__(self):
        for name, value in vars(self).items():
            fault = fault_of(name, value)
            if fault:
                raise InputError(f"recipe {self.name}: {name} {value!r}{fault}")
        combinations.check(self)

    def check_batches(self, count):
        """Refuses a training that ends before its first update.

        Args:
            count: the batches of an epoch.
        """
        if count * self.epochs < self.accumulation:
            raise InputError(
                f"recipe {self.name}: accumulation {self.accumulation} is above the "
                f"{count * self.epochs} batches of all epochs, so no weight would "
                "change; lower accumulation, or raise epochs"
            )

    def build(self, source_vocabulary_size, target_vocabulary_size):
        """The untrained translator."""
        raise NotImplementedError(f"{type(self).__name__} must define build().")

    def config(self):
        """The fields, for config.json."""
        fields = dataclasses.asdict(self)
        return {name: fields[name] for name in fields if name != "about"}

    def text_options(self):
        """What `text.prepared.prepare` is asked for."""
        names = (
            "tokenizer",
            "subword_vocabulary_size",
            "subword_model",
            "subword_sampling",
            "lowercase",
            "newline_token",
            "min_frequency",
            "max_length",
        )
        return {name: getattr(self, name) for name in names}

    def batch_options(self):
        """What `TranslationBatches` is asked for."""
        names = ("batch_size", "shapes", "score_sos", "batch_tokens")
        return {name: getattr(self, name) for name in names}

    def optimizer_options(self):
        """What `kernels.Adam` is asked for."""
        rate = self.learning_rate
        if self.schedule != "constant" or self.warmup_steps:
            rate = WarmUp(
                rate,
                self.schedule,
                self.warmup_steps,
                self.decay_steps,
                self.accumulation,
            )
        return {
            "learning_rate": rate,
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "weight_decay": self.weight_decay or None,
            "global_clipnorm": self.clip_norm or None,
            "gradient_accumulation_steps": (
                self.accumulation if self.accumulation > 1 else None
            ),
            **({"use_ema": True, "ema_momentum": self.ema} if self.ema else {}),
        }

    @property
    def selection(self):
        """The `Selection` of the epoch whose weights are best."""
        return Selection(self.best_by, self.patience)

    @classmethod
    def defaults(cls):
        """The values of the fields that need not be given."""
        return {
            field.name: field.default
            for field in dataclasses.fields(cls)
            if field.default is not dataclasses.MISSING and field.name != "about"
        }

    def _options(self):
        names = (
            "visible_padding",
            "label_smoothing",
            "dropout",
            "word_dropout",
            "consistency",
            "consistency_weight",
            "cutoff",
        )
        return {name: getattr(self, name) for name in names}
