"""`keras-nmt package`: a run as a model folder to give away, with a model card."""

from pathlib import Path

from keras_nmt.commands import searching
from keras_nmt.errors import InputError

MEGABYTE = 10**6


def add_to(commands):
    parser = commands.add_parser(
        "package", help="a small folder to translate with, from a complete run"
    )
    parser.set_defaults(run=run)
    add = parser.add_argument
    add("run_dir", type=Path, metavar="RUN_DIR", help="a complete run")
    add(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="the model folder; its name is the model's",
    )
    add(
        "--note",
        type=Path,
        metavar="FILE.md",
        help="text for the model card: the data, its licence, what to expect",
    )
    searching.add_beam(parser)
    add("--debug", action="store_true", help="show tracebacks")


def run(options):
    from keras_nmt.kernels import overrule_settings
    from keras_nmt.run.packaging import package
    from keras_nmt.run.runs import complete_run
    from keras_nmt.search.beam import BeamSearch

    note = _read(options.note) if options.note else ""
    source = complete_run(options.run_dir)
    search = BeamSearch(**searching.beam_arguments(options))
    overrule_settings()
    size = package(source, options.out, note, search, progress=None)
    print(f"{options.out}: weights of {size / MEGABYTE:.1f} MB")
    print(f"keras-nmt translate {options.out} < FILE translates with it")


def _read(path):
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; check the path") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not UTF-8; save the file as UTF-8") from None
