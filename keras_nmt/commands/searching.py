"""The options that `translate` and `evaluate` share: the runs and the search."""

from pathlib import Path

from keras_nmt.errors import InputError
from keras_nmt.program.keras_json import keras_home

BEAM_SIZE = 4
LENGTH_PENALTY = 0.6

BATCH_SIZE = 128

CHUNK = 1024
"""Most lines that are translated before the first is written."""

BEAM = ("beam_size", "length_penalty")
SAMPLING = ("temperature", "top_k", "top_p")
SEARCH = (*BEAM, *SAMPLING, "seed", "batch_size", "as_written", "engine")
"""The options that say how lines are translated."""


def add_options(parser):
    """Adds the shared options to a command."""
    add = parser.add_argument
    add(
        "run_dirs",
        type=Path,
        nargs="*",
        metavar="RUN_DIR",
        help="the folder of a trained run or of a model; several are an ensemble",
    )
    add(
        "--model",
        action="append",
        default=[],
        metavar="NAME",
        help="a model of results/models, such as multi30k-de-en",
    )
    add_beam(parser, ", or what a model prefers")
    add("--temperature", type=float, metavar="T", help="sample instead of searching")
    add("--top-k", type=int, metavar="K", help="sample from the K most probable")
    add("--top-p", type=float, metavar="P", help="sample from the most probable P")
    add("--seed", type=int, help="0; of sampling")
    add(
        "--as-written",
        action="store_true",
        help="read capitals, and ae for ä, as they are, where a model respells them",
    )
    add("--batch-size", type=int, default=BATCH_SIZE, help="most sentences at once")
    add(
        "--engine",
        choices=("ctranslate2", "ctranslate2-int8"),
        help="search in CTranslate2 (extra keras_nmt[export]), from an export that is "
        "made once and kept in RUN_DIR/exports",
    )
    add("--debug", action="store_true", help="show tracebacks")


def add_beam(parser, otherwise=""):
    """Adds the options of beam search; without them it has the usual values."""
    parser.add_argument(
        "--beam-size",
        type=int,
        metavar="W",
        help=f"{BEAM_SIZE}{otherwise}; 1 is greedy search",
    )
    parser.add_argument(
        "--length-penalty",
        type=float,
        metavar="ALPHA",
        help=f"{LENGTH_PENALTY}{otherwise}",
    )


def beam_arguments(options, preferred=None):
    """The arguments of `BeamSearch` that the options give, or else `preferred`."""
    found = {"beam_size": BEAM_SIZE, "length_penalty": LENGTH_PENALTY}
    found |= preferred or {}
    return found | {
        name: value for name in found if (value := getattr(options, name)) is not None
    }


def load(options):
    """The translator of the run or runs, and the search that the options ask for."""
    if options.batch_size < 1:
        raise InputError(f"--batch-size {options.batch_size}: give at least 1")
    find_models(options)
    from keras_nmt.kernels import keep_compiled, overrule_settings
    from keras_nmt.run.ensemble import load_ensemble
    from keras_nmt.search.sampling import Sampling

    # Wrong options are refused before anything is loaded.
    enough = max(BEAM_SIZE, getattr(options, "n_best", 1))
    sampled = isinstance(_search(options, {"beam_size": enough}), Sampling)
    if options.engine:
        _check_engine(options, sampled)
    overrule_settings()
    keep_compiled(keras_home)
    if options.engine:
        from keras_nmt.exporting.engine import load_with_engine

        translator = load_with_engine(options.run_dirs[0], options.engine)
    else:
        translator = load_ensemble(options.run_dirs)
    if options.as_written:
        translator.respell = None
    search = _search(options, translator.search.get_config())
    if translator.model.one_pass:
        _check_one_pass(options)
    return translator, search


def given(options, names=SEARCH):
    """Those of the named options that differ from their defaults: `--beam-size`."""
    defaults = {"batch_size": BATCH_SIZE, "as_written": False}
    defaults |= {"n_best": 1, "shard": "1/1"}
    return [
        f"--{name.replace('_', '-')}"
        for name in names
        if getattr(options, name, None) not in (None, defaults.get(name))
    ]


def _check_one_pass(options):
    """Raises `InputError` for a search, of which one pass has none."""
    names = *BEAM, *SAMPLING, "seed", "n_best"
    named = given(options, names)
    if options.beam_size == 1:  # what such a system does
        named.remove("--beam-size")
    if named:
        raise InputError(
            f"{options.run_dirs[0]}: this system predicts all positions in one pass, "
            "so that there is one translation a sentence, without beam search or "
            f"sampling; leave out {', '.join(named)}"
        )


def _check_engine(options, sampled):
    """Raises `InputError` for what another engine does not do."""
    if len(options.run_dirs) > 1:
        raise InputError("--engine translates with one run; give one RUN_DIR")
    if sampled:
        raise InputError("--engine does not sample; leave it out, or the sampling")


def _search(options, preferred):
    """The search that the options ask for.

    Args:
        preferred: arguments of the `BeamSearch` that the translator prefers.
    """
    from keras_nmt.search.beam import BeamSearch
    from keras_nmt.search.greedy import Greedy
    from keras_nmt.search.sampling import Sampling

    n_best = getattr(options, "n_best", 1)
    sampling = given(options, SAMPLING)
    if sampling:
        for option in given(options, BEAM):
            raise InputError(
                f"{option} is of beam search, and {sampling[0]} samples; leave out one"
            )
        drawn = {name: getattr(options, name) for name in SAMPLING}
        drawn = {name: value for name, value in drawn.items() if value is not None}
        return Sampling(**drawn, n_best=n_best, seed=options.seed or 0)
    if options.seed is not None:
        raise InputError(
            "--seed is of sampling; leave it out, or sample by --temperature, --top-k "
            "or --top-p"
        )
    beam = beam_arguments(options, preferred)
    if beam["beam_size"] == n_best == 1 and not getattr(options, "scores", False):
        return Greedy()
    return BeamSearch(**beam, n_best=n_best)


def find_models(options):
    """Adds the folders of the models that are named to those of the runs.

    Raises:
        InputError: there is no such model, or neither a run nor a model is named, or a
            file is.
    """
    from keras_nmt.run.model_folder import named_model

    options.run_dirs = [*options.run_dirs, *map(named_model, options.model)]
    options.model = []
    if not options.run_dirs:
        raise InputError(
            "nothing to translate with; give the folder of a run, or --model NAME"
        )
    for path in options.run_dirs:
        if path.is_file():
            raise InputError(
                f"{path}: is a file, not the folder of a run; translate reads lines "
                "from stdin (< FILE), evaluate from --source FILE"
            )


def job(options, *more):
    """What the translations depend on: words of the command line, and the models.

    Args:
        more: names of options that only this command has.
    """
    from keras_nmt.files import digest_of_file
    from keras_nmt.run.model_folder import files_to_load

    find_models(options)
    loaded = [path for folder in options.run_dirs for path in files_to_load(folder)]
    return {
        "systems": [*map(str, options.run_dirs)],
        "weights": [digest_of_file(path) for path in loaded if path.is_file()],
        **{name: getattr(options, name) for name in (*SEARCH, *more)},
        "seed": options.seed or 0,
    }
