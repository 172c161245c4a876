"""Imports run one way: who may import whom, read from the sources with `ast`."""

import ast
import functools
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.backend_free

ROOT = Path(__file__).parents[1]

BASE = {
    "atomic",
    "errors",
    "files",
    "opened",
    "spacy_alone",
    "specials",
    "stderr_lines",
}
"""Modules that everyone may import."""

MAY_IMPORT = {
    "text": {"text"},
    "corpora": {"corpora", "text"},
    "preparation": {"preparation", "corpora", "text"},
    "kernels": {"kernels"},
    "layers": {"layers", "kernels"},
    "models": {"models", "layers", "kernels"},
    "search": {"search", "kernels"},
    "training": {"training", "kernels"},
    "distributed": {"distributed", "kernels", "text"},
    "evaluation": {"evaluation"},
    "recipes": {"recipes", "models", "layers", "kernels", "text", "training"},
    "program": {"program"},
    "serving": {"serving", "run", "search", "text", "__version__"},
}
"""Besides `BASE`. They meet in `train.py`, `run`, `commands` and `__main__.py`."""

READ_WHOLE = ("models", "layers", "search", "text")

BACKENDS = {"tensorflow", "jax", "torch"}
NAMELESS = {"utils", "helpers", "common", "misc"}


def python_files(*folders):
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


@functools.cache
def imported(path):
    """Dotted names of all that a file imports, wherever in it."""
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: write the import in full"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def top(name):
    return name.split(".")[0]


def name_of(path):
    return str(path.relative_to(ROOT))


LIBRARY = python_files("keras_nmt")
EVERYTHING = python_files("keras_nmt", "experiments", "benchmarks", "tests")


def test_the_sources_were_found():
    found = {path.relative_to(ROOT / "keras_nmt").parts[0] for path in LIBRARY}
    assert MAY_IMPORT.keys() < found


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_what_it_may(room):
    for path in python_files(f"keras_nmt/{room}"):
        for name in imported(path):
            if top(name) == "keras_nmt":
                part = name.split(".")[1]
                assert part in MAY_IMPORT[room] | BASE, f"{name_of(path)}: {name}"


@pytest.mark.parametrize(
    "room",
    [
        "keras_nmt/text",
        "keras_nmt/corpora",
        "keras_nmt/preparation",
        "keras_nmt/evaluation",
        "experiments/report",
    ],
)
def test_text_scores_and_reports_need_no_keras(room):
    for path in python_files(room):
        if name_of(path) != "keras_nmt/text/batching.py":
            names = {top(name) for name in imported(path)}
            assert not names & {"keras", "keras_hub"}, name_of(path)
            batching = [name for name in imported(path) if "text.batching" in name]
            assert not batching, name_of(path)


def test_base_modules_import_the_standard_library_alone():
    for module in BASE:
        path = ROOT / f"keras_nmt/{module}.py"
        for name in imported(path):
            ours = name.startswith("keras_nmt.") and name.split(".")[1] in BASE
            assert ours or top(name) in sys.stdlib_module_names, name_of(path)


def test_tables_are_rebuilt_without_keras_or_a_backend():
    """Importing for real also follows what packages import when they begin."""
    code = (
        "import sys; import experiments.report.__main__; "
        "loaded = {name.split('.')[0] for name in sys.modules}; "
        f"print(sorted(loaded & {BACKENDS | {'keras', 'keras_hub'}}))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_one_room_of_the_library_imports_a_backend():
    """Besides it, the format of TensorFlow does, and scripts that leave the library."""
    free = ("keras_nmt/kernels/", "keras_nmt/exporting/saved_model_")
    for path in LIBRARY:
        if not name_of(path).startswith(free) and not path.stem.endswith("_script"):
            assert not {top(name) for name in imported(path)} & BACKENDS, name_of(path)


def test_nothing_reaches_into_keras():
    for path in EVERYTHING:
        inside = [
            n for n in imported(path) if n.startswith(("keras.src", "keras_hub.src"))
        ]
        assert not inside, name_of(path)


def code_lines(path):
    """Lines of code: no blanks, comments or docstrings."""
    text = path.read_text(encoding="utf-8")
    lines = dict(enumerate(text.splitlines(), 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            for number in range(node.lineno, node.end_lineno + 1):
                lines.pop(number)
    return sum(line.strip()[:1] not in ("", "#") for line in lines.values())


def test_models_layers_search_and_text_stay_short_enough_to_read():
    paths = python_files(*(f"keras_nmt/{room}" for room in READ_WHOLE))
    assert 1500 < sum(map(code_lines, paths)) < 3790


def test_peers_are_plain_torch():
    for path in python_files("benchmarks/peers"):
        assert not {top(name) for name in imported(path)} & {"keras", "keras_hub"}
        ours = [n for n in imported(path) if n.startswith("keras_nmt.")]
        assert all(n.startswith("keras_nmt.specials.") for n in ours), name_of(path)


def test_every_file_says_by_its_name_what_it_is_for():
    for path in EVERYTHING:
        names = {part.removesuffix(".py") for part in path.relative_to(ROOT).parts}
        assert not names & NAMELESS, name_of(path)


def test_experiments_are_imported_by_experiments_and_tests_alone():
    for path in EVERYTHING:
        if path.relative_to(ROOT).parts[0] not in (
            "experiments",
            "tests",
            "benchmarks",
        ):
            assert "experiments" not in map(top, imported(path)), name_of(path)


def test_tests_are_imported_by_tests_alone():
    for path in EVERYTHING:
        if path.relative_to(ROOT).parts[0] != "tests":
            assert "tests" not in map(top, imported(path)), name_of(path)
