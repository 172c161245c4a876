"""The options that `translate` and `evaluate` share: the runs and the search."""

from pathlib import Path

from keras_nmt.errors import InputError


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
    add("--beam-size", type=int, default=4, metavar="W", help="4; 1 is greedy search")
    add("--length-penalty", type=float, default=0.6, metavar="ALPHA", help="0.6")
    add("--temperature", type=float, metavar="T", help="sample instead of searching")
    add("--top-k", type=int, metavar="K", help="sample from the K most probable")
    add("--top-p", type=float, metavar="P", help="sample from the most probable P")
    add("--seed", type=int, default=0, help="of sampling")
    add("--batch-size", type=int, default=128, help="most sentences at once")
    add(
        "--engine",
        choices=("ctranslate2", "ctranslate2-int8"),
        help="search in CTranslate2 (extra keras_nmt[export]), from an export that is "
        "made once and kept in RUN_DIR/exports",
    )
    add("--debug", action="store_true", help="show tracebacks")


def load(options):
    """The translator of the run or runs, and the search that the options ask for."""
    if options.batch_size < 1:
        raise InputError(f"--batch-size {options.batch_size}: give at least 1")
    find_models(options)
    for path in options.run_dirs:
        if path.is_file():
            raise InputError(
                f"{path}: is a file, not the folder of a run; translate reads lines "
                "from stdin (< FILE), evaluate from --source FILE"
            )
    from keras_nmt.kernels import overrule_settings
    from keras_nmt.run.ensemble import load_ensemble
    from keras_nmt.run.translator import GREEDY
    from keras_nmt.search.beam import BeamSearch
    from keras_nmt.search.sampling import Sampling

    sampled = {
        name: getattr(options, name)
        for name in ("temperature", "top_k", "top_p")
        if getattr(options, name) is not None
    }
    n_best = getattr(options, "n_best", 1)
    if sampled:
        search = Sampling(**sampled, n_best=n_best, seed=options.seed)
    elif options.beam_size == n_best == 1 and not getattr(options, "scores", False):
        search = GREEDY
    else:
        search = BeamSearch(options.beam_size, options.length_penalty, n_best)
    overrule_settings()
    if options.engine:
        return _with_engine(options, sampled), search
    translator = load_ensemble(options.run_dirs)
    if translator.model.one_pass and (sampled or n_best > 1):
        raise InputError(
            f"{options.run_dirs[0]}: this system predicts all positions in one pass, "
            "so that there is one translation a sentence; leave out sampling and "
            "--n-best"
        )
    return translator, search


def _with_engine(options, sampled):
    """The translator of the one run, in the engine that the options name."""
    if len(options.run_dirs) > 1:
        raise InputError("--engine translates with one run; give one RUN_DIR")
    if sampled:
        raise InputError("--engine does not sample; leave it out, or the sampling")
    from keras_nmt.exporting.engine import load_with_engine

    return load_with_engine(options.run_dirs[0], options.engine)


def find_models(options):
    """Adds the folders of the models that are named to those of the runs.

    Raises:
        InputError: there is no such model, or neither a run nor a model is named.
    """
    from keras_nmt.run.model_folder import named_model

    options.run_dirs = [*options.run_dirs, *map(named_model, options.model)]
    options.model = []
    if not options.run_dirs:
        raise InputError(
            "nothing to translate with; give the folder of a run, or --model NAME"
        )
