"""The report tells what the run folders hold: no more, no less, and twice the same."""

import csv
import json
import math
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote

import pytest

from experiments.report import answer, figures
from experiments.report.__main__ import main
from experiments.report.epochs import epochs_frame
from experiments.report.pages import sections
from experiments.report.tables import (
    escaped,
    markdown,
    read_reference,
    recipe_table,
    write_csv,
    writeup_table,
)
from keras_nmt.corpora import multi30k
from keras_nmt.errors import InputError
from keras_nmt.files import write_whole
from keras_nmt.run.epoch_log import EPOCH_COLUMNS
from keras_nmt.run.file_formats import (
    Translation,
    read_translations,
    write_translations,
)
from keras_nmt.run.runs import complete_run, load_runs, run_directory

pytestmark = pytest.mark.backend_free

REPOSITORY = Path(__file__).parents[1]
RESULTS = REPOSITORY / "results"
REFERENCE = RESULTS / "reference" / "writeup.csv"
ROWS = [(f"quelle {n}", f"reference {n}", f"<unk> | {n}\n") for n in range(12)]
HOSTILE = [
    ("=cmd()", '"', "a\tb"),
    ("a\nb", "a\r\nb", "a\rb"),
    ("", ",,,", "'; --"),
    ("\ufeffbom", "\u2028", "\x85\x0c"),
]


def make_run(
    runs_dir,
    recipe="lstm",
    backend="jax",
    seed=0,
    losses=(4.0, 3.0),
    corpus="multi30k",
    system="",
):
    """A complete run folder; validation is 0.5 above training, and 0.25 more
    without `<sos>`."""
    folder = run_directory(runs_dir, corpus, recipe, backend, seed)
    folder.mkdir(parents=True)
    config = {"recipe": recipe, "corpus": corpus, "seed": seed, "epochs": len(losses)}
    config["system"] = recipe if system == "" else system
    objects = {"config": config, "environment": {"backend": backend}}
    objects["scores"] = {"status": "complete", "parameters": 7, "test": {"bleu": 1.0}}
    for name, content in objects.items():
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    lines = [",".join(EPOCH_COLUMNS), *map(_epoch_line, enumerate(losses, start=1))]
    (folder / "epochs.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    write_translations(folder / "translations.tsv", ROWS)
    return folder


def _epoch_line(numbered_loss):
    epoch, loss = numbered_loss
    pairs = [(x, math.exp(x)) for x in (loss, loss + 0.5, loss + 0.75)]
    cells = [epoch, *(cell for pair in pairs for cell in pair), 0.001, 60, 1000]
    return ",".join(map(str, cells))


def edit(folder, name, **changes):
    path = folder / name
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def status_of(folder):
    (run,) = (run for run in load_runs(folder.parents[2]) if run.folder == folder)
    return run.status, run.reason


def empty_image(figure, path):
    return write_whole(path, b"\x89PNG")


def report(tmp_path, results="results", *, drawn=False):
    """Runs the real command; returns the results folder.

    Its images are empty unless they are to be `drawn`, which takes the longest.
    """
    options = {
        "--runs-dir": tmp_path / "runs",
        "--reference": REFERENCE,
        "--results-dir": tmp_path / results,
    }
    with pytest.MonkeyPatch.context() as patch:
        if not drawn:
            patch.setattr(figures, "save_image", empty_image)
        main([str(word) for option in options.items() for word in option])
    return tmp_path / results


def cells_of(path, recipe):
    """The csv row of a recipe, as a dict."""
    with path.open(newline="", encoding="utf-8") as file:
        (row,) = (row for row in csv.DictReader(file) if row["recipe"] == recipe)
    return row


# === Run folders ===


def test_a_run_folder_is_found_and_read(tmp_path):
    folder = make_run(tmp_path, seed=3)
    (run,) = load_runs(tmp_path)
    assert folder == tmp_path / "multi30k" / "lstm" / "jax-seed3"
    assert (run.corpus, run.recipe, run.backend, run.seed) == (
        "multi30k",
        "lstm",
        "jax",
        3,
    )
    assert (run.status, run.reason, run.system) == ("complete", "", "lstm")
    assert run.scores["test"] == {"bleu": 1.0}
    assert epochs_frame(run)["val_loss"].tolist() == [4.5, 3.5]


def test_runs_come_in_order_of_their_seeds(tmp_path):
    for seed in (10, 2):
        make_run(tmp_path, seed=seed)
    (tmp_path / "multi30k" / ".hidden" / "jax-seed0").mkdir(parents=True)
    assert [run.seed for run in load_runs(tmp_path)] == [2, 10]


def test_only_the_text_of_multi30k_stands_beside_the_writeup(tmp_path):
    other = {**multi30k.TEXT, "test": {"source": "0", "target": "1"}}
    texts = {0: None, 1: multi30k.TEXT, 2: other}
    for seed, text in texts.items():
        folder = make_run(tmp_path, seed=seed)
        edit(folder, "config.json", **({"text_sha256": text} if text else {}))
    beside, apart = sections(load_runs(tmp_path), read_reference(REFERENCE))
    assert (beside.corpus, apart.corpus) == ("multi30k", "multi30k_other")
    assert [run.seed for run in beside.runs] == [0, 1]
    assert [run.seed for run in apart.runs] == [2]
    assert beside.reference is not None
    assert apart.reference is None


def test_no_folder_holds_no_runs(tmp_path):
    assert load_runs(tmp_path / "nowhere") == []


@pytest.mark.parametrize(
    ("name", "content", "status", "reason"),
    [
        ("scores.json", None, "partial", "no scores.json"),
        ("epochs.csv", None, "partial", "no epochs.csv"),
        ("config.json", "{", "failed", "config.json is not JSON"),
        ("config.json", "[1]", "failed", "config.json: expected a JSON object"),
        ("scores.json", b"\xff", "failed", "scores.json is not UTF-8 text"),
        ("epochs.csv", "", "failed", "epochs.csv is empty"),
        ("epochs.csv", "epoch,loss\n1,2\n", "failed", "no column perplexity"),
        ("translations.tsv", "a\tb\n", "failed", "expected the header"),
        ("scores.json", '{"status": "failed"}', "failed", "scores.json says failed"),
        ("scores.json", '{"status": "nan"}', "failed", "scores.json says nan"),
        (
            "scores.json",
            '{"status": "failed", "reason": "out of memory"}',
            "failed",
            "out of memory",
        ),
    ],
)
def test_a_broken_file_is_a_status_with_a_reason(
    tmp_path, name, content, status, reason
):
    folder = make_run(tmp_path)
    (folder / name).unlink()
    if content is not None:
        data = content if isinstance(content, bytes) else content.encode()
        (folder / name).write_bytes(data)
    found, why = status_of(folder)
    assert found == status
    assert reason in why
    assert str(tmp_path) not in why


def test_an_empty_folder_is_a_partial_run(tmp_path):
    folder = run_directory(tmp_path, "multi30k", "lstm", "jax", 0)
    folder.mkdir(parents=True)
    assert status_of(folder)[0] == "partial"


def test_an_epoch_row_cut_short_is_not_nan(tmp_path):
    folder = make_run(tmp_path)
    with (folder / "epochs.csv").open("a") as file:
        file.write("3,2.9,18.1\n")
    assert status_of(folder) == (
        "failed",
        "epochs.csv: row 4 has 3 cells, expected 10",
    )


def test_an_epoch_logged_twice_fails(tmp_path):
    folder = make_run(tmp_path)
    lines = (folder / "epochs.csv").read_text().splitlines()
    (folder / "epochs.csv").write_text("\n".join([*lines, lines[-1]]))
    assert status_of(folder) == (
        "failed",
        "epochs.csv logs the epochs 1, 2, 2; expected each once, from 1",
    )


def test_fewer_epochs_than_planned_is_partial(tmp_path):
    folder = make_run(tmp_path)
    edit(folder, "config.json", epochs=20)
    assert status_of(folder) == ("partial", "2 of 20 epochs")


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("config.json", {"recipe": "rnn"}),
        ("config.json", {"seed": 1}),
        ("environment.json", {"backend": "torch"}),
    ],
)
def test_a_run_copied_to_anothers_place_fails(tmp_path, name, changes):
    folder = make_run(tmp_path)
    edit(folder, name, **changes)
    status, reason = status_of(folder)
    assert status == "failed"
    assert "its folder says" in reason


def test_a_run_that_a_user_names_may_lie_anywhere(tmp_path):
    folder = make_run(tmp_path)
    edit(folder, "config.json", recipe="lstm", seed=3, corpus="multi30k")
    edit(folder, "environment.json", backend="torch")
    moved = folder.rename(tmp_path / "my best run")
    assert complete_run(moved).name == "multi30k/lstm/torch-seed3"
    (tmp_path / "link").symlink_to(moved)
    assert complete_run(f"{tmp_path}/link/").name == "multi30k/lstm/torch-seed3"


def test_a_folder_of_another_name_fails_but_shows(tmp_path):
    folder = tmp_path / "multi30k" / "lstm" / "backup"
    folder.mkdir(parents=True)
    assert status_of(folder) == (
        "failed",
        "the folder is not named <backend>-seed<k>: backup",
    )


# === Translations ===


def test_hostile_text_survives_the_round_trip(tmp_path):
    path = tmp_path / "translations.tsv"
    write_translations(path, HOSTILE)
    assert read_translations(path) == [Translation(*row) for row in HOSTILE]


def test_a_translation_cut_short_is_refused(tmp_path):
    path = tmp_path / "translations.tsv"
    write_translations(path, ROWS)
    path.write_text(path.read_text()[:-4])
    with pytest.raises(InputError, match=r"translations.tsv"):
        read_translations(path)


def test_markdown_shows_text_as_it_is():
    text = escaped("<unk> a|b *c* _d_ lstm_attention\n")
    assert text == r"\<unk\> a\|b \*c\* \_d\_ lstm_attention↵"


# === Tables ===


def test_the_writeup_row_has_mean_spread_and_difference(tmp_path):
    for seed, loss in enumerate((2.9, 3.0, 3.2)):
        make_run(tmp_path / "runs", seed=seed, losses=(4.0, loss))
    row = cells_of(report(tmp_path) / "tables" / "writeup.csv", "lstm")
    assert row["backend"] == "jax"
    assert (row["n"], row["status"], row["epochs"]) == ("3", "complete", "2")
    assert row["train_loss"] == "3.0333"
    assert row["train_loss_spread"] == "0.1528"
    assert row["train_loss_writeup"] == "3.0410"
    assert row["train_loss_difference"] == "-0.0077"
    assert row["val_loss"] == "3.5333"
    assert row["val_loss_difference"] == "+0.3377"
    assert row["val_loss_without_sos"] == "3.7833"
    assert row["train_perplexity"] == "20.9307"
    assert row["train_perplexity_writeup"] == "20.9267"


def test_the_row_of_the_page_is_literal(tmp_path):
    for seed, loss in enumerate((2.9, 3.0, 3.2)):
        make_run(tmp_path / "runs", seed=seed, losses=(4.0, loss))
    page = (report(tmp_path) / "REPORT.md").read_text("utf-8")
    assert (
        "| [lstm](systems/lstm.md) | rescore | 3.783 ± 0.153 | 3.1956 "
        "| 3.533 ± 0.153 | +0.338 | 3 |\n"
    ) in page
    assert "| rnn | missing | missing | 4.3471 | missing |  | 0 |\n" in page


def test_the_runs_of_all_backends_share_a_row(tmp_path):
    for backend, loss in (("jax", 3.0), ("torch", 3.2)):
        make_run(tmp_path / "runs", backend=backend, losses=(4.0, loss))
    tables = report(tmp_path) / "tables"
    row = cells_of(tables / "systems.csv", "lstm")
    assert (row["n"], row["val_loss"], row["val_loss_spread"]) == (
        *("2", "3.6000", "0.1414"),
    )


def test_one_seed_has_no_spread(tmp_path):
    make_run(tmp_path)
    table = writeup_table(load_runs(tmp_path), read_reference(REFERENCE))
    assert table.set_index("system").loc["lstm", "train_loss_spread"] is None
    assert "| 3.0000 | 3.0410 | -0.0410 |" in markdown(table)


def test_every_system_has_a_row_and_the_missing_say_so(tmp_path):
    make_run(tmp_path / "runs")
    results = report(tmp_path)
    row = cells_of(results / "tables" / "writeup.csv", "rnn")
    assert (row["status"], row["n"], row["val_loss"]) == ("missing", "0", "missing")
    assert (row["val_loss_writeup"], row["val_loss_difference"]) == ("4.3471", "")
    page = (results / "REPORT.md").read_text(encoding="utf-8")
    assert page.count(": missing\n") == 7


def test_nan_stays_nan(tmp_path):
    make_run(tmp_path / "runs", losses=(4.0, math.nan))
    make_run(tmp_path / "runs", seed=1)
    row = cells_of(report(tmp_path) / "tables" / "writeup.csv", "lstm")
    assert (row["n"], row["status"]) == ("2", "1 complete, 1 nan")
    assert row["val_loss"] == "nan"
    assert row["val_loss_spread"] == "nan"
    assert row["val_loss_difference"] == "nan"


def test_an_infinite_loss_stays_infinite(tmp_path):
    for seed in (0, 1):
        make_run(tmp_path / "runs", seed=seed, losses=(4.0, math.inf))
    row = cells_of(report(tmp_path) / "tables" / "writeup.csv", "lstm")
    assert (row["status"], row["val_loss"]) == ("nan", "inf")


def test_scores_of_other_lines_than_those_that_are_there_are_no_result(tmp_path):
    folder = make_run(tmp_path / "runs")
    edit(folder, "scores.json", test={"all": {"sentences": len(ROWS)}})
    assert status_of(folder) == ("complete", "")
    edit(folder, "scores.json", test={"all": {"sentences": len(ROWS) + 1}})
    status, reason = status_of(folder)
    assert status == "failed"
    assert f"translations.tsv holds {len(ROWS)}" in reason


def test_a_failed_run_shows_and_does_not_count(tmp_path):
    make_run(tmp_path / "runs", seed=0)
    folder = make_run(tmp_path / "runs", seed=1, losses=(9.0, 9.0))
    edit(folder, "scores.json", status="failed", reason="out of memory")
    folder = make_run(tmp_path / "runs", recipe="rnn")
    (folder / "config.json").write_text("{")
    results = report(tmp_path)
    row = cells_of(results / "tables" / "writeup.csv", "lstm")
    assert (row["n"], row["status"]) == ("1", "1 complete, 1 failed")
    assert row["train_loss"] == "3.0000"
    row = cells_of(results / "tables" / "writeup.csv", "rnn")
    assert (row["status"], row["val_loss"]) == ("failed", "failed")
    page = (results / "REPORT.md").read_text(encoding="utf-8")
    assert "- multi30k/lstm/jax-seed1: failed (out of memory)\n" in page
    assert "- multi30k/rnn/jax-seed0: failed (config.json is not JSON" in page


def test_each_backend_has_its_row(tmp_path):
    for backend in ("torch", "jax"):
        make_run(tmp_path, backend=backend)
    table = recipe_table(load_runs(tmp_path))
    assert table["backend"].tolist() == ["jax", "torch"]


def test_other_corpora_and_recipes_have_tables_without_the_writeup(tmp_path):
    make_run(tmp_path / "runs", recipe="small", system=None)
    make_run(tmp_path / "runs", recipe="small", corpus="captions", system=None)
    tables = report(tmp_path) / "tables"
    for name in ("multi30k", "captions"):
        row = cells_of(tables / f"{name}.csv", "small")
        assert row["val_loss"] == "3.5000"
        assert "val_loss_writeup" not in row
    names = ("systems", "runs", "run_costs", "bleu_by_length")
    assert {path.stem for path in tables.iterdir()} == {
        *("writeup", "multi30k", "captions", *names),
        *(f"captions_{name}" for name in names),
    }
    pages = {path.name for path in tables.parent.rglob("*.md")}
    assert pages == {
        *("REPORT.md", "REPORT_captions.md", "small.md", "captions_small.md"),
    }


def test_a_corpus_of_its_own_has_no_word_of_the_writeup_and_no_empty_part(tmp_path):
    make_run(tmp_path / "runs", corpus="captions")
    page = (report(tmp_path) / "REPORT.md").read_text("utf-8")
    assert page.startswith("# captions: which system translates best?\n")
    assert "writeup" not in page
    parts = [line for line in page.splitlines() if line.startswith("## ")]
    assert parts == [
        "## The first test sentences, translated by every system",
        "## BLEU by length",
        "## Details",
    ]


def test_only_corpora_with_runs_have_tables(tmp_path):
    make_run(tmp_path / "runs", corpus="captions", system=None)
    names = {path.name for path in report(tmp_path).rglob("*.csv")}
    assert names == {
        "captions.csv",
        "captions_systems.csv",
        "captions_runs.csv",
        "captions_run_costs.csv",
        "captions_bleu_by_length.csv",
    }


def test_hostile_text_stays_in_its_cell_of_csv_and_page(tmp_path):
    runs = tmp_path / "runs"
    make_run(runs, recipe='=cmd(),"|x"', corpus="captions", system=None)
    table = recipe_table(load_runs(runs))
    path = write_csv(table, tmp_path / "t.csv")
    assert cells_of(path, '=cmd(),"|x"')["val_loss"] == "3.5000"
    assert r'| =cmd(),"\|x" | jax | 1 |' in markdown(table)
    page = (report(tmp_path) / "REPORT.md").read_text("utf-8")
    assert r'| [=cmd(),"\|x"](systems/' in page


def test_translations_are_the_first_nine(tmp_path):
    make_run(tmp_path / "runs")
    page = (report(tmp_path) / "systems" / "lstm.md").read_text("utf-8")
    assert r"| quelle 8 | reference 8 | \<unk\> \| 8↵ |" in page
    assert "quelle 9" not in page
    assert "Translated by jax-seed0" in page


# === The command ===


def make_mixed_runs(runs_dir):
    make_run(runs_dir)
    make_run(runs_dir, seed=1, losses=(4.0, 3.1))
    make_run(runs_dir, recipe="rnn", backend="torch", losses=(5.0, math.nan))
    make_run(runs_dir, recipe="tiny", corpus="my corpus", losses=(2.0,), system=None)
    (make_run(runs_dir, recipe="encoder_only") / "scores.json").unlink()


def files_under(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*.*")}


def test_rebuilding_gives_the_same_bytes(tmp_path):
    make_mixed_runs(tmp_path / "runs")
    first, second = (report(tmp_path, name, drawn=True) for name in ("first", "second"))
    assert files_under(first) == files_under(second)
    assert {path.suffix for path in files_under(first)} == {
        ".csv",
        ".md",
        ".png",
    }


def links_of(page):
    """The files that a page links, as whole paths."""
    targets = [part.split(")")[0] for part in page.read_text("utf-8").split("](")[1:]]
    return {(page.parent / unquote(target)).resolve() for target in targets}


def test_every_link_leads_to_a_file_and_every_file_is_linked(tmp_path):
    make_mixed_runs(tmp_path / "runs")
    results = report(tmp_path)
    linked = set().union(*map(links_of, results.rglob("*.md")))
    assert all(path.is_file() for path in linked)
    written = {path for path in results.rglob("*.*") if path.suffix != ".csv"}
    assert written == {path for path in linked if path.suffix != ".csv"}


def test_a_partial_run_is_named_with_its_reason_on_its_page(tmp_path):
    make_mixed_runs(tmp_path / "runs")
    page = (report(tmp_path) / "systems" / "encoder_only.md").read_text("utf-8")
    assert "- jax-seed0: partial (no scores.json)\n" in page
    assert "no learning curve" in page


def test_the_committed_pages_and_pictures_keep_their_sizes():
    page = (RESULTS / "REPORT.md").read_text("utf-8")
    assert len(page.splitlines()) <= 160
    shown = set().union(*map(links_of, RESULTS.rglob("*.md")))
    for path in (RESULTS / "figures").iterdir():
        assert path in shown, path
        assert path.suffix == ".png", path
        content = path.read_bytes()
        assert len(content) < 200_000, path
        assert int.from_bytes(content[20:24]) <= 900, f"{path} is taller than a screen"


def test_the_closing_screen_tells_what_was_made(tmp_path, capsys):
    make_mixed_runs(tmp_path / "runs")
    report(tmp_path)
    screen = capsys.readouterr().out
    assert "3 complete, 1 nan, 1 partial" in screen
    assert "3.5500 ± 0.0707" in screen
    assert f"The page: {tmp_path / 'results' / 'REPORT.md'}" in screen


def test_no_runs_is_one_line_and_exit_code_2(tmp_path, capsys):
    with pytest.raises(SystemExit) as exit_:
        report(tmp_path)
    message = capsys.readouterr().err
    assert exit_.value.code == 2
    assert message.count("\n") == 1
    assert str(tmp_path / "runs") in message
    assert "make demo" in message


@pytest.mark.parametrize("content", ["", "system,epochs\n", None])
def test_an_unusable_reference_is_refused(tmp_path, content):
    path = tmp_path / "writeup.csv"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=r"writeup.csv"):
        read_reference(path)


def test_a_report_needs_no_backend(tmp_path):
    make_run(tmp_path / "runs")
    program = (
        "import sys; from experiments.report.__main__ import main; main(sys.argv[1:]);"
        "heavy = {'keras', 'keras_hub', 'tensorflow', 'jax', 'torch'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    options = ["--runs-dir", tmp_path / "runs", "--results-dir", tmp_path / "results"]
    options += ["--reference", REFERENCE]
    subprocess.run(
        [sys.executable, "-c", program, *options], cwd=REPOSITORY, check=True
    )


def test_the_lead_says_in_what_another_recipe_differs():
    def run(**config):
        return SimpleNamespace(config=config, environment={"device": "cpu:0"})

    ours = run(tokenizer="joint_subwords", max_length=100, lowercase=False, tied="all")
    ours.environment["device"] = "NVIDIA H200"
    theirs = run(max_length=20, visible_padding=20)  # of an earlier version
    recipes = {"own": [ours], "system": [theirs, theirs]}
    rows = {name: {"epochs": 10} for name in recipes}
    found = SimpleNamespace(recipes=recipes, rows=rows, main=["own", "system"])
    assert answer._protocol(found, "own", "system") == (
        " Unlike system it reads joint subwords, keeps pairs of up to 100 tokens, "
        "keeps capitals and ties its embeddings; which of these gives the gain was not "
        "measured."
    )
    assert answer._protocol(found, "system", "system") == ""
    assert answer.gpu_runs(found) == "; 1 ran on a GPU"
    found.main = ["system"]
    assert answer.gpu_runs(found) == ""
