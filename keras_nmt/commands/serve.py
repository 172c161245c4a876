"""`keras-nmt serve`: a server with the LibreTranslate API and a page."""

import functools
import sys
from pathlib import Path

from keras_nmt.commands.searching import add_beam, beam_arguments
from keras_nmt.errors import InputError
from keras_nmt.program.extras import check_installed
from keras_nmt.program.keras_json import keras_home

SERVE = ("starlette", "uvicorn", "python_multipart", "prometheus_client")

ONLY_HERE = ("127.0.0.1", "localhost", "::1")


def add_to(commands):
    parser = commands.add_parser("serve", help="an HTTP server, and a page to try it")
    parser.set_defaults(run=run)
    add = parser.add_argument
    add(
        "systems",
        nargs="*",
        default=[],
        metavar="RUN|MODEL",
        help="the folder of a run or a model, or xx-yy=FOLDER to say its languages; "
        "several serve several pairs of languages",
    )
    add(
        "--model",
        action="append",
        default=[],
        metavar="NAME",
        help="a model of results/models, such as multi30k-de-en",
    )
    add("--host", default="127.0.0.1", help="127.0.0.1; 0.0.0.0 is every interface")
    add("--port", type=int, default=5000, help="5000; 0 takes a free one")
    add("--char-limit", type=int, metavar="N", help="characters of a request; 50000")
    add("--batch-limit", type=int, metavar="N", help="texts of a request; 1000")
    add("--queue", type=int, metavar="N", help="requests that may wait; 128")
    add("--time-limit", type=float, metavar="SECONDS", help="for a request; 60")
    add("--batch-size", type=int, metavar="N", help="most sentences at once; 128")
    add_beam(parser, ", or what a model prefers")
    add("--debug", action="store_true", help="show tracebacks")


def run(options):
    check_installed(*SERVE, extra="serve")
    if not 0 <= options.port <= 65535:
        raise InputError(f"--port {options.port}: give a number from 0 to 65535")
    limits = _limits(options)
    folders = _folders(options)
    from keras_nmt.kernels import keep_compiled, overrule_settings
    from keras_nmt.search.beam import BeamSearch
    from keras_nmt.serving.app import make_app
    from keras_nmt.serving.catalog import Catalog
    from keras_nmt.serving.http import bind, serve
    from keras_nmt.serving.served import load_served

    beam = functools.partial(beam_arguments, options)
    BeamSearch(**beam())  # Wrong options are refused before anything is loaded.
    overrule_settings()
    keep_compiled(keras_home)
    with bind(options.host, options.port) as bound:
        systems = [load_served(f, pair, beam, limits.batch_size) for pair, f in folders]
        catalog = Catalog(systems)
        for system in systems:
            system.warm_up()
            print(f"{system.source}-{system.target}: {system.name}", flush=True)
        if options.host not in ONLY_HERE:
            print("anyone who can reach this machine may use it", file=sys.stderr)
        serve(make_app(catalog, limits), bound, limits.seconds, _announce)
    print("stopped", flush=True)


def _announce(address):
    print(f"{address} (Ctrl-C or SIGTERM ends it)", flush=True)


def _limits(options):
    from keras_nmt.serving.settings import Limits

    given = {
        "characters": ("--char-limit", options.char_limit),
        "texts": ("--batch-limit", options.batch_limit),
        "waiting": ("--queue", options.queue),
        "batch_size": ("--batch-size", options.batch_size),
        "seconds": ("--time-limit", options.time_limit),
    }
    for option, value in given.values():
        if value is not None and not 1 <= value < float("inf"):
            raise InputError(f"{option} {value}: give at least 1")
    return Limits(**{k: value for k, (_, value) in given.items() if value is not None})


def _folders(options):
    """((source, target) or None, path) of each system."""
    from keras_nmt.run.language_pairs import split_given
    from keras_nmt.run.model_folder import named_model

    given = [split_given(argument) for argument in options.systems]
    found = [(pair, Path(folder)) for pair, folder in given]
    found += [(None, named_model(name)) for name in options.model]
    if not found:
        raise InputError("nothing to serve; give the folder of a run, or --model NAME")
    return found
