"""Where exports are written: nobody's files are lost, and a shell keeps its folder."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from keras_nmt import __main__ as command
from keras_nmt.errors import InputError
from keras_nmt.exporting import checking, ctranslate2_format, marian_format, packages
from keras_nmt.exporting.export import check_folder, export
from tests.test_exporting import (
    POST_NORM,
    of_subwords,
    on_tensorflow,
    on_torch,
)
from tests.test_trained import made, save

MINE = {"settings.json": "{}", "translate.py": "print('mine')"}
"""Somebody's program."""


@pytest.fixture
def write_to(monkeypatch):
    """Exports into a folder in a format whose files hold what is given."""
    found = checking.Comparison(1, 1, 1, 4, 0.0)
    monkeypatch.setattr(checking, "lines_to_compare", lambda *_: ["Ja."])
    monkeypatch.setattr(checking, "compare", lambda *_: found)
    monkeypatch.setitem(packages.FORMATS, "stub", ())

    def write_to(folder, content):
        def write(trained, place):
            for name in (*MINE, "parts/one", "model.bin"):
                (place / name).parent.mkdir(exist_ok=True)
                (place / name).write_text(content)

        module = SimpleNamespace(check=lambda trained: None, write=write)
        monkeypatch.setitem(sys.modules, "keras_nmt.exporting.stub_format", module)
        export(None, folder, "stub")

    return write_to


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


# === Other files ===


@pytest.mark.backend_free
def test_a_program_that_looks_like_an_export_is_not_replaced(tmp_path, write_to):
    for name, text in MINE.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=r"other files: settings\.json; give another"):
        write_to(tmp_path, "new")
    assert contents(tmp_path) == MINE


@pytest.mark.backend_free
@pytest.mark.parametrize("name", ["notes.txt", "parts/notes.txt", "empty/"])
def test_an_export_with_files_of_the_user_is_not_replaced(name, tmp_path, write_to):
    write_to(tmp_path / "out", "old")
    path = tmp_path / "out" / name
    path.mkdir() if name.endswith("/") else path.write_text("mine")
    before = contents(tmp_path)
    with pytest.raises(InputError, match=f"holds other files: {name.strip('/')};"):
        write_to(tmp_path / "out", "new")
    assert contents(tmp_path) == before
    assert path.exists()


@pytest.mark.backend_free
@pytest.mark.parametrize("content", ["[", "[]", '{"files": ["translate.py"]}'])
def test_a_list_that_no_export_wrote_is_one_of_the_other_files(content, tmp_path):
    (tmp_path / "export.json").write_text(content)
    (tmp_path / "translate.py").touch()
    with pytest.raises(InputError, match=r"holds other files: export\.json;"):
        check_folder(tmp_path)


@pytest.mark.backend_free
def test_files_that_come_while_an_export_is_made_are_kept(
    tmp_path, write_to, monkeypatch
):
    write_to(tmp_path, "old")
    mine = tmp_path / "hypotheses.en"
    monkeypatch.setattr(checking, "compare", lambda *_: mine.write_text("mine"))
    with pytest.raises(InputError, match=r"holds other files: hypotheses\.en;"):
        write_to(tmp_path, "new")
    assert mine.read_text() == "mine"
    assert (tmp_path / "model.bin").read_text() == "old"


@pytest.mark.backend_free
def test_an_export_is_replaced_with_what_python_and_engines_leave_in_it(
    tmp_path, write_to
):
    write_to(tmp_path / "out", "old")
    (tmp_path / "out" / "__pycache__").mkdir()
    (tmp_path / "out" / "__pycache__" / "text.pyc").touch()
    (tmp_path / "out" / "made_from.json").touch()
    write_to(tmp_path / "out", "new")
    found = contents(tmp_path / "out")
    assert found.pop("export.json")
    assert found == dict.fromkeys((*MINE, "parts/one", "model.bin"), "new")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def without_list(folder):
    """Makes an export as earlier versions did."""
    (folder / "export.json").unlink(missing_ok=True)
    (folder / "lines.py").unlink()
    check_folder(folder)
    (folder / "made_from.json").touch()
    check_folder(folder)
    (folder / "notes.txt").touch()
    with pytest.raises(InputError, match=r"other files: notes\.txt; give another OUT"):
        check_folder(folder)


@on_torch
@pytest.mark.parametrize(
    ("trained", "module", "package"),
    [
        (lambda: made("transformer"), ctranslate2_format, "ctranslate2"),
        (lambda: of_subwords(joint=False), ctranslate2_format, "ctranslate2"),
        (of_subwords, ctranslate2_format, "ctranslate2"),
        (lambda: of_subwords(**POST_NORM), marian_format, "transformers"),
        (
            lambda: of_subwords(
                **POST_NORM | {"tied": "none"}, kind="unigram", joint=False
            ),
            marian_format,
            "transformers",
        ),
    ],
    ids=["words", "subwords", "joint", "marian_joint", "marian"],
)
def test_exports_of_earlier_versions_are_known_by_their_files(
    trained, module, package, tmp_path
):
    pytest.importorskip(package)
    module.write(trained(), tmp_path)
    without_list(tmp_path)


@on_tensorflow
@pytest.mark.parametrize("trained", [lambda: made("encoder_only"), of_subwords])
def test_saved_models_of_earlier_versions_are_known_by_their_files(trained, tmp_path):
    from keras_nmt.exporting import saved_model_format

    saved_model_format.write(trained(), tmp_path)
    without_list(tmp_path)


# === The move ===


@pytest.mark.backend_free
@pytest.mark.parametrize("error", [OSError(28, "No space left"), KeyboardInterrupt()])
@pytest.mark.parametrize("place", range(1, 10))
def test_an_earlier_export_stays_if_its_replacement_fails(
    error, place, tmp_path, write_to, monkeypatch
):
    folder = tmp_path / "out"
    write_to(folder, "old")
    before, moves, replace = contents(tmp_path), [], Path.replace

    def failing(path, target):
        moves.append(path)
        if path.name == target.name and len(moves) == place:
            raise error
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises((InputError, KeyboardInterrupt)):
        write_to(folder, "new")
    assert contents(tmp_path) == before
    assert not [*folder.glob(".unfinished*")]


@pytest.mark.backend_free
def test_an_earlier_export_that_cannot_be_put_back_is_not_deleted(
    tmp_path, write_to, monkeypatch
):
    folder = tmp_path / "out"
    write_to(folder, "old")
    before, moves, replace = contents(folder), [], Path.replace

    def failing(path, target):
        moves.append(path)
        if len(moves) > 2:
            raise KeyboardInterrupt
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(KeyboardInterrupt):
        write_to(folder, "new")
    assert sorted(contents(folder).values()) == sorted(before.values())
    monkeypatch.undo()
    check_folder(folder)


@pytest.mark.backend_free
def test_a_folder_that_is_there_stays_the_same_one(tmp_path, write_to, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = tmp_path.stat().st_ino
    for content in ("old", "new"):
        write_to(".", content)
        assert tmp_path.stat().st_ino == before
        assert Path("translate.py").read_text() == content
    assert not [*tmp_path.glob(".unfinished*")]
    link = tmp_path.with_name("link")
    link.symlink_to(tmp_path)
    write_to(link, "newest")
    assert link.is_symlink()
    assert Path("translate.py").read_text() == "newest"


@on_torch
def test_the_command_exports_into_the_folder_where_it_runs(
    tmp_path, monkeypatch, capsys
):
    pytest.importorskip("ctranslate2")
    found = checking.Comparison(1, 1, 1, 4, 0.0)
    monkeypatch.setattr(checking, "compare", lambda *_: found)
    run, out = save(tmp_path / "run", "transformer"), tmp_path / "out"
    out.mkdir()
    monkeypatch.chdir(out)
    command.main(["export", str(run), ".", "--format", "ctranslate2"])
    assert Path("model.bin").is_file()
    assert out.stat().st_ino == Path().stat().st_ino
    size = sum(path.stat().st_size for path in out.iterdir()) / 10**6
    assert f".: done, {size:.1f} MB" in capsys.readouterr().out
