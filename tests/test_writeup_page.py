"""WRITEUP.md says what the runs and files say, by its own rules."""

import json
from types import SimpleNamespace

import pandas as pd
import pytest

from experiments.report import verdicts, writeup_facts, writeup_page
from experiments.report.systems import COLOURS
from keras_nmt.errors import InputError
from keras_nmt.files import write_whole
from keras_nmt.run.file_formats import Translation

pytestmark = pytest.mark.backend_free

HEADINGS = [heading for heading, _ in writeup_page.PARTS]


def scores(bleu):
    cell = {"score": bleu, "interval": [bleu, bleu], "signature": ""}
    return {"test": {"all": {"lowercased": {"bleu": cell}}}}


def contents(losses, bleus, status="complete"):
    """Runs of the eight systems, all with these last losses and scores."""
    reference = pd.DataFrame(
        {
            "system": list(COLOURS),
            "train_loss": 1.5,
            "train_perplexity": 4.5,
            "val_loss": 2.0,
            "val_perplexity": 7.4,
        }
    ).set_index("system")
    runs = {
        name: [
            SimpleNamespace(
                status=status,
                epochs=[{"loss": loss - 0.5, "val_loss": loss}],
                scores=scores(bleu),
                has_result=True,
            )
            for loss, bleu in zip(losses, bleus, strict=True)
        ]
        for name in COLOURS
    }
    lines = [Translation("Ein Hund", "A dog.", "A dog dog.")]
    return SimpleNamespace(
        reference=reference, recipes=runs, translations=lambda recipe: lines
    )


def written(found, folder):
    path = writeup_page.write_writeup_page(found, folder)
    return path and path.read_text(encoding="utf-8")


def test_claims_are_judged_by_all_runs():
    assert verdicts.better([3, 4], [1, 2]) == "holds"
    assert verdicts.better([3, 4], [1, 2], less=True) == "does not hold"
    assert verdicts.better([3, 4], [4, 5]) == "cannot be told"
    assert verdicts.below_zero(-2, -1) == "holds"
    assert verdicts.below_zero(1, 2) == "does not hold"
    assert verdicts.below_zero(-1, 1) == "cannot be told"
    assert verdicts.reproduced(4, [1, 2, 3]) == "reproduced"
    assert verdicts.reproduced(6, [1, 2, 3]) == "ours is lower"
    assert verdicts.reproduced(-2, [1, 2, 3]) == "ours is higher"


def test_without_other_files_the_page_holds_what_runs_tell(tmp_path):
    page = written(contents([2.0, 2.1], [10.0, 11.0]), tmp_path)
    assert "| rnn | validation | 2.0000 | 2.0500 ± 0.0707 | 7.4000 |" in page
    assert "by BLEU **cannot be told** (2 and 2 runs)" in page
    shown = [line[3:] for line in page.splitlines() if line.startswith("## ")]
    unmeasured = {
        "Transformer (Encoder Only) Translation Results",
        "Full Transformer Translation Results",
        "Theory question",
        "Paper discussion",
    }
    assert shown == [heading for heading in HEADINGS if heading not in unmeasured]
    assert "Doubled words" not in page
    assert "Slope of BLEU" not in page


def test_files_add_their_parts(tmp_path):
    header = "corpus,recipe,doubled,spread,least,greatest,references\n"
    rows = (
        "multi30k,encoder_only,0.2,0.01,0.19,0.21,0.0\n"
        "multi30k,full_transformer,0.01,0.01,0.0,0.02,0.0\n"
    )
    write_whole(tmp_path / writeup_facts.REPETITIONS, header + rows)
    header = (
        "corpus,lines,recipe,slope,slope_low,slope_high,"
        "relative,relative_low,relative_high\n"
    )
    one, other = "lstm_attention_best", "full_transformer_best"
    rows = (
        f"multi30k,kept,{one},-0.5,-0.7,-0.3,-0.05,-0.07,-0.03\n"
        f"multi30k,kept,{other},-0.6,-0.8,-0.4,-0.02,-0.03,-0.01\n"
        f"multi30k,kept,{other} - {one},-0.1,-0.2,0.1,0.03,0.01,0.05\n"
    )
    write_whole(tmp_path / writeup_facts.SLOPES, header + rows)
    rows = "backend,hidden_dim,formula,differences\njax,1,1.0e-16,2.0e-09\n"
    write_whole(tmp_path / writeup_facts.DERIVATIVE, rows)
    layers = {"norm_ratios": {"x": 2.0}, "position_probe": 0.5, "head_distances": [1]}
    layers = {"block_0": layers, "block_2": layers, "uniform_distance": 2.0}
    seed = {"accuracy": 0.9, "layers": layers}
    seed = {"vit": seed, "cnn": seed, "vit-vit": {"uniformity": 0.9}}
    seed["cnn-cnn"] = {"uniformity": 0.8}
    write_whole(tmp_path / writeup_facts.DIGITS, json.dumps([seed]))
    rows = "system,reference,hypothesis\nencoder_only,a dog .,a <unk> . \\n\n"
    write_whole(tmp_path / writeup_facts.SENTENCES, rows)
    found = contents([2.0, 2.1], [10.0, 11.0])
    page = written(found, tmp_path)
    assert r"| a dog . | a **\<unk\>** . | a dog **dog** . |" in page
    assert "Doubled words in these 1 sentences: 0.0% in the writeup's, 25.0%" in page
    assert "doubles fewer words: **holds**" in page
    said = "of `lstm_attention_best` falls with length **holds**; that it falls more"
    assert said in page
    assert "in points **cannot be told**, as a share of its own BLEU **holds**" in page
    assert "**Our formula is the derivative: holds**" in page
    assert "mean CKA of two different layers | 0.900 | 0.800 | holds |" in page
    assert "look on average 0.500 times as far" in page
    assert page == written(found, tmp_path)


def test_a_page_needs_two_complete_runs_of_each_system(tmp_path):
    assert written(contents([2.0], [10.0]), tmp_path) is None
    assert written(contents([2.0, 2.1], [1.0, 2.0], "partial"), tmp_path) is None
    assert written(contents([2.0, float("nan")], [1.0, 2.0]), tmp_path) is None
    assert not list(tmp_path.iterdir())


def test_a_damaged_file_is_named(tmp_path):
    write_whole(tmp_path / writeup_facts.DIGITS, "[{")
    with pytest.raises(InputError, match=r"digits\.json: .*; remove it or make it"):
        written(contents([2.0, 2.1], [10.0, 11.0]), tmp_path)
