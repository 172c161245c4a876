"""The commands by which a model card says how to make the model again."""

import dataclasses
import json
import re
import shlex

from keras_nmt.corpora.options import BUILT_IN
from keras_nmt.errors import InputError
from keras_nmt.recipes.from_text import with_settings
from keras_nmt.recipes.own import RECIPES
from keras_nmt.run.status import AVERAGE


def text(run, search):
    """The commands, in Markdown.

    Args:
        run: the complete `Run` that a model is made from.
        search: the one that the model prefers.
    """
    recipe, settings = run.recipe.partition(",")[0], _settings(run)
    commands = _later_commands(run, search)
    if settings is None:
        about = (
            f"To train it again takes the TOML file of its recipe, `{recipe}.toml`. To "
            "package that run, `my_run`:"
        )
    else:
        about = "To train and package it again:"
        words = "".join(f"--set {shlex.quote(setting)} " for setting in settings)
        commands.insert(
            0,
            f"keras-nmt train {recipe} {words}--corpus {_corpus(run)} --seed "
            f"{run.seed} --epochs {run.config['epochs']} --out my_run",
        )
    if backend := run.environment.get("backend"):
        commands.insert(0, f"export KERAS_BACKEND={backend}")
    lines = "\n".join(commands)
    return f"{about}\n\n```bash\n{lines}\n```\n"


def _settings(run):
    """What `--set` gives to a recipe that `keras-nmt train` knows to make the run's.

    None if there is no such recipe, or if such settings do not make it.
    """
    base = RECIPES.get(run.recipe.partition(",")[0])
    if base is None:
        return None
    known, every = _recorded(base), set().union(*map(_recorded, RECIPES.values()))
    there = {name: run.config[name] for name in run.config if name in every}
    settings = [
        f"{name}={value if isinstance(value, str) else json.dumps(value)}"
        for name, value in there.items()
        if name not in known or value != known[name]
    ]
    try:
        made = with_settings(base, settings)
        made = dataclasses.replace(made, epochs=run.config["epochs"])
    except InputError:
        return None
    return settings if _recorded(made).items() >= there.items() else None


def _recorded(recipe):
    """The fields of a recipe as config.json has them, but its names and its length."""
    fields = json.loads(json.dumps(recipe.config()))
    return {
        name: value
        for name, value in fields.items()
        if name not in ("name", "system", "epochs")
    }


def _corpus(run):
    return run.corpus if run.corpus in BUILT_IN else "YOUR_TEXT"


def _later_commands(run, search):
    """What is done with a run that has been trained: it is averaged and packaged."""
    commands, folder = [], "my_run"
    if AVERAGE in run.config:
        of = run.config[AVERAGE]["of"]
        by, count = re.fullmatch(r"([a-z]+)(\d+)", of).groups()
        corpus = "" if run.corpus in BUILT_IN else f" --corpus {_corpus(run)}"
        commands.append(f"keras-nmt average my_run --{by} {count} --score-test{corpus}")
        folder += f"-average-{of}"
    return [*commands, f"keras-nmt package {folder} --out my_model{_options(search)}"]


def _options(search):
    """The options of `keras-nmt package` that name the search."""
    return "".join(
        f" --{name.replace('_', '-')} {value}"
        for name, value in search.get_config().items()
    )
