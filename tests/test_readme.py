"""What the documents promise is there: files, names, commands, numbers, imports."""

import ast
import contextlib
import importlib
import io
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import keras
import pytest

import keras_nmt
from experiments import rescore
from experiments.report import readme
from experiments.report.pages import contents_of, sections
from experiments.report.tables import read_reference
from keras_nmt.corpora import captions
from keras_nmt.run.file_formats import BLEU_COLUMN, EPOCH_COLUMNS
from keras_nmt.run.runs import load_runs
from tests.test_reporting import make_run
from tests.test_trained import save

pytestmark = pytest.mark.backend_free

REPOSITORY = Path(__file__).parents[1]
README = REPOSITORY / "README.md"
DOCUMENTS = (README, REPOSITORY / "CONTRIBUTING.md")
RUNS = REPOSITORY / "results" / "runs"
REFERENCE = REPOSITORY / "results" / "reference" / "writeup.csv"


def part(heading):
    """The text of one section of the README."""
    _, _, rest = README.read_text("utf-8").partition(f"\n## {heading}\n")
    assert rest, heading
    return rest.partition("\n## ")[0]


def names_in(path):
    """Classes, `Class.method`s, functions and assigned names of a module."""
    found = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Assign):
            found |= {t.id for t in node.targets if isinstance(t, ast.Name)}
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            methods = (n for n in node.body if isinstance(n, ast.FunctionDef))
            found |= {f"{node.name}.{method.name}" for method in methods}
    return found


def reference():
    return read_reference(REFERENCE)


def run_python(code):
    """Standard output of a fresh interpreter on this session's backend."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


# === Files, names, commands ===


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document):
    targets = re.findall(r"\]\(([^)]+)\)", document.read_text("utf-8"))
    assert targets
    for target in targets:
        path, _, anchor = target.partition("#")
        file = REPOSITORY / path if path else document
        assert file.is_file(), target
        assert not anchor or anchor in anchors_of(file), target


def anchors_of(document):
    headings = re.findall(r"^#+ (.+)$", document.read_text("utf-8"), re.MULTILINE)
    return {h.lower().replace(" ", "-").replace("?", "") for h in headings}


def test_every_equation_names_its_code():
    rows = [row for row in part("Where is the equation?").splitlines() if "](" in row]
    rows = [row for row in rows if row.startswith("| ")]
    assert len(rows) > 20
    for row in rows:
        assert row.count(" | ") == 2, row
        for name, path in re.findall(r"\[`([\w.]+)`\]\(([^)]+)\)", row):
            assert name in names_in(REPOSITORY / path), f"{name} is not in {path}"


def test_every_system_of_the_writeup_has_its_equation():
    equations = part("Where is the equation?")
    for system in reference().index:
        assert f"**{system}**" in equations


def test_everything_in_the_tree_exists():
    folders = [REPOSITORY]
    for line in part("The repository").split("```")[1].strip().splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        path = folders[depth] / line.split()[0]
        assert path.exists(), line
        folders[depth + 1 :] = [path]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_make_target_exists(document):
    makefile = (REPOSITORY / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE))
    named = re.findall(r"(?:^|`)make ([a-z]+)", document.read_text("utf-8"), re.M)
    assert named
    assert set(named) <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_module_that_is_run_exists(document):
    text = document.read_text("utf-8")
    named = re.findall(r"python -m experiments\.(\w+(?:\.\w+)*)", text)
    assert named
    for name in named:
        path = REPOSITORY / "experiments" / name.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file()


def help_of(module):
    """What a module's command line says of itself, all its subcommands' pages."""
    commands = ("prepare", "train", "tune", "average", "package", "export")
    commands += ("translate", "evaluate", "serve")
    subcommands = commands if module == "keras_nmt" else (None,)
    main = importlib.import_module(
        f"{module}.__main__" if module == "keras_nmt" else module
    ).main
    with contextlib.redirect_stdout(io.StringIO()) as page:
        for subcommand in subcommands:
            with pytest.raises(SystemExit):
                main([*filter(None, [subcommand]), "--help"])
    return page.getvalue()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_have_the_options_they_are_shown_with(document):
    text = document.read_text("utf-8").replace("\\\n", " ")
    commands = re.findall(r"python -m ((?:experiments|keras_nmt)[.\w]*)([^`\n]*)", text)
    assert commands
    for module, arguments in commands:
        known = help_of(module)
        for option in re.findall(r"--[a-z-]+", arguments):
            assert option in known, f"{module} {arguments}"


@pytest.mark.parametrize(
    ("heading", "module"),
    [
        ("Going on", "experiments.train"),
        ("Your own text", "keras_nmt"),
        ("Translate and evaluate", "keras_nmt"),
    ],
)
def test_options_named_in_the_text_are_those_of_its_command(heading, module):
    named = set(re.findall(r"`(--[a-z-]+)", part(heading)))
    assert named
    for option in named:
        assert option in help_of(module)


def test_all_columns_of_an_epoch_are_explained():
    rows = re.findall(r"^\| (`.+?) \|", part("A run folder"), flags=re.MULTILINE)
    expected = [*EPOCH_COLUMNS, BLEU_COLUMN]
    assert re.findall(r"`(\w+)`", " ".join(rows)) == expected


# === Numbers ===


def uncommitted_runs():
    """Whether git knows of changes in the run folders; no git, no changes."""
    command = ["git", "status", "--porcelain", "--", str(RUNS)]
    result = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    return bool(result.stdout)


def writeup_contents(runs_dir):
    """What the page of the writeup's corpus tells of these runs."""
    runs = [run for run in load_runs(runs_dir) if run.corpus == "multi30k"]
    (contents,) = contents_of(sections(runs, reference()))
    return contents


def test_the_results_are_those_of_the_committed_runs(tmp_path):
    copy = tmp_path / "README.md"
    copy.write_bytes(README.read_bytes())
    assert readme.refresh(copy, writeup_contents(RUNS), REPOSITORY / readme.MODELS)
    if copy.read_bytes() != README.read_bytes() and uncommitted_runs():
        pytest.skip(
            "results/runs holds more than is committed; `make report` counts it"
        )
    assert copy.read_text("utf-8") == README.read_text("utf-8")


def test_the_first_screen_ends_with_the_two_commands():
    lines = README.read_text("utf-8").splitlines()
    screen = lines[: lines.index("## Going on")]
    assert len(screen) <= 50
    assert {"make demo", "make test"} <= {line[:9] for line in screen}


def test_the_block_has_a_row_for_every_system_a_sentence_and_the_picture(tmp_path):
    make_run(tmp_path)
    rescore.main([str(make_run(tmp_path, recipe="rnn", losses=(4.0, 4.2)))])
    block = readme.block(writeup_contents(tmp_path), tmp_path)
    header, _, *rows = cells(block.partition("\n\n")[0])
    assert header == ["system", "BLEU", "loss", "runs"]
    assert [system for system, *_ in rows] == list(reference().index)
    assert rows[1] == ["lstm", "rescore", "3.750", "1"]
    assert rows[2][1:] == ["missing", "missing", "0"]
    assert "The best system, rnn, translates" in block.replace("\n", " ")
    assert "*quelle 0*" in block
    assert (REPOSITORY / readme.PICTURE).is_file()


def cells(block):
    return [line.strip("| ").split(" | ") for line in block.splitlines()]


def test_only_the_block_is_replaced_and_only_once(tmp_path):
    path = tmp_path / "README.md"
    path.write_text(f"before\n{readme.BEGIN}\nold\n{readme.END}\nafter\n", "utf-8")
    make_run(tmp_path / "runs")
    contents = writeup_contents(tmp_path / "runs")
    assert readme.refresh(path, contents, tmp_path)
    once = path.read_bytes()
    assert readme.refresh(path, contents, tmp_path)
    assert path.read_bytes() == once
    expected = readme.block(contents, tmp_path)
    block = f"{readme.BEGIN}\n\n{expected}\n{readme.END}"
    assert once.decode("utf-8") == f"before\n{block}\nafter\n"


@pytest.mark.parametrize(
    "text", ["", readme.BEGIN, readme.END, readme.END + readme.BEGIN, None]
)
def test_without_both_markers_nothing_is_written(tmp_path, text):
    path = tmp_path / "README.md"
    if text is not None:
        path.write_text(text, "utf-8")
    make_run(tmp_path / "runs")
    assert not readme.refresh(path, writeup_contents(tmp_path / "runs"), tmp_path)
    assert path.exists() == (text is not None)
    assert text is None or path.read_text("utf-8") == text


# === The package itself ===


def test_importing_the_package_loads_no_backend():
    code = (
        "import sys, keras_nmt, experiments.report.pages, keras_nmt.corpora.corpus\n"
        "print({'keras', 'keras_hub', 'tensorflow', 'jax', 'torch'} & {*sys.modules})"
    )
    assert run_python(code) == "set()"


def test_public_names_load_when_they_are_used():
    code = (
        "import keras_nmt\n"
        "names = [n for n in keras_nmt.__all__ if not n.startswith('_')]\n"
        "assert {*names, '__version__'} <= {*dir(keras_nmt)}\n"
        "assert not {*names} & {*vars(keras_nmt)}\n"
        "for n in names: assert getattr(keras_nmt, n).__name__ == n, n\n"
        "print(len(names))"
    )
    assert run_python(code) == str(len(keras_nmt.__all__) - 1)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'keras_nmt' has no attribute 'Trans'"):
        _ = keras_nmt.Trans


def test_the_version_is_that_of_the_project():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["version"] == keras_nmt.__version__


def test_the_library_example_runs(monkeypatch, capsys):
    """The README's own code on a few lines, all but the fit, which others test."""
    fitted = []
    for size, count in (("train", 24), ("validation", 1), ("test", 1)):
        monkeypatch.setitem(captions.SIZES, size, count)
    monkeypatch.setattr(
        keras.Model, "fit", lambda model, batches, epochs: fitted.append(batches[0])
    )
    code = part("As a library").split("```python\n")[1].split("```")[0]
    exec(compile(code.replace("layers=2", "layers=1"), README, "exec"), {})
    assert [inputs["source"].shape for inputs, _ in fitted] == [(128, 20)]
    assert capsys.readouterr().out


def test_the_example_of_a_trained_run_runs(tmp_path, capsys):
    code = part("Translate and evaluate").split("```python\n")[1].split("```")[0]
    (folder,) = re.findall(r'load\("(.+)"\)', code)
    code = code.replace(folder, str(save(tmp_path, "rnn_cosine")))
    exec(compile(code, README, "exec"), {})
    translations, *candidates, looked = capsys.readouterr().out.splitlines()
    assert len(ast.literal_eval(translations)) == 2
    assert len(candidates) == 3
    assert looked.endswith("['attention']")
