"""`keras-nmt export`: a run as files for another engine."""

import os
from pathlib import Path

from keras_nmt.errors import InputError

MEGABYTE = 10**6


def add_to(commands):
    parser = commands.add_parser("export", help="a run as files for another engine")
    parser.set_defaults(run=run)
    add = parser.add_argument
    add("run_dir", type=Path, metavar="RUN_DIR", help="a run, or a model folder")
    add(
        "out",
        type=Path,
        metavar="OUT",
        help="a new or empty folder, or an earlier export, which is replaced",
    )
    add(
        "--format",
        required=True,
        choices=("ctranslate2", "marian", "saved_model"),
        help="the engine that is to load it; marian needs torch, too",
    )
    add(
        "--quantization",
        choices=("float32", "int8"),
        help="of the weights in CTranslate2: float32, or int8: a quarter of the size, "
        "rounds; whether it is faster depends on the processor",
    )
    add("--debug", action="store_true", help="show tracebacks")


def run(options):
    if options.quantization and options.format != "ctranslate2":
        raise InputError(
            f"--quantization is of --format ctranslate2, not of {options.format}; "
            "leave it out"
        )
    from keras_nmt.exporting.packages import check_packages

    check_packages(options.format)
    if options.format == "saved_model":
        # Whatever trained the run, TensorFlow alone makes its graph.
        os.environ["KERAS_BACKEND"] = "tensorflow"
    from keras_nmt.exporting.export import check_folder, export
    from keras_nmt.kernels import overrule_settings
    from keras_nmt.run.runs import Run
    from keras_nmt.run.translator import load

    check_folder(options.out)
    overrule_settings()
    trained = load(options.run_dir)
    lines = [row.source for row in Run(options.run_dir).translations]
    format_options = {}
    if options.quantization:
        format_options["quantization"] = options.quantization
    found = export(trained, options.out, options.format, lines, **format_options)
    files = options.out.absolute().rglob("*")
    size = sum(path.stat().st_size for path in files if path.is_file())
    print(
        f"compared on {found.lines} lines: {found.greedy} equal by greedy search, "
        f"log-probabilities within {found.difference:.0e}; {found.beam} "
        f"by a beam of {found.beam_size}"
    )
    print(f"{options.out}: done, {size / MEGABYTE:.1f} MB")
    print(f"python {options.out / 'translate.py'} < FILE translates with it")
