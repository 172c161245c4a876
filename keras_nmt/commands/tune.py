"""`keras-nmt tune`: searches for good values of a recipe's fields."""

from pathlib import Path

from keras_nmt.commands.train import check_count, check_folder
from keras_nmt.corpora import options as corpus_options
from keras_nmt.program.extras import TUNE, check_installed

STUDIES = Path("studies")


def add_to(commands):
    parser = commands.add_parser(
        "tune", help="search for good values of a recipe's fields"
    )
    parser.set_defaults(run=run)
    add_options(parser)


def add_options(parser, studies=STUDIES):
    """Adds the options of a search.

    Args:
        parser: an `OptionParser`.
        studies: the folder in which a study has the name of its space.
    """
    add = parser.add_argument
    add(
        "space",
        type=Path,
        metavar="SPACE.toml",
        help="a base recipe, and under [search] what its fields are tried with",
    )
    corpus_options.add_options(parser)
    add("--trials", type=int, required=True, metavar="N", help="of the whole study")
    add(
        "--study",
        type=Path,
        metavar="DIR",
        help=f"{studies}/<name of SPACE>; processes that name the same share the work",
    )
    add("--seed", type=int, default=0, help="0; of the values and of every run")
    add(
        "--tokenize",
        metavar="NAME",
        help="of sacreBLEU's tokenizers, for BLEU; by default the target language's",
    )
    add("--debug", action="store_true", help="show tracebacks")
    parser.set_defaults(studies=studies)


def run(options):
    from keras_nmt.recipes.own import RECIPES

    tune(options, RECIPES)


def tune(options, known):
    """Works on a study until all of its trials have ended.

    Args:
        options: the parsed options of `add_options`.
        known: `{name: recipe}`, the recipes that the space's `base` may name.
    """
    check_installed(*TUNE, extra="tune")
    check_count("trials", options.trials)
    check_count("seed", options.seed)
    check_folder("--study", options.study)
    from keras_nmt import kernels
    from keras_nmt.evaluation import tokenizer_checks
    from keras_nmt.run.earlier_text import mended_by
    from keras_nmt.training.stopping import Stopping
    from keras_nmt.tuning.space import read_space
    from keras_nmt.tuning.training import TrainedTrial, open_study, trial_folder
    from keras_nmt.tuning.worker import work

    kernels.overrule_settings()
    space = read_space(options.space, known)
    folder = options.study or options.studies / space.name
    with Stopping():
        tokenizer_checks.chosen_tokenizer(options.tokenize)
        corpus = corpus_options.chosen_corpus(options)
        study = open_study(folder, space, corpus, options.seed, options.tokenize)
        train = TrainedTrial(space, corpus, folder, options.seed, options.tokenize)

        def objective(taken):
            with mended_by("--study", "remove that folder to train the trial again"):
                return train(taken)

        work(study, options.trials, objective, say=_say)

        def folder_of(number):
            place = corpus.name, space.name, number, options.seed
            return trial_folder(folder, *place)

        from keras_nmt.tuning.summary import write_summary

        for line in write_summary(study, space, folder_of):
            _say(line)


def _say(line):
    print(line, flush=True)
