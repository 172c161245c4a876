"""WRITEUP.md says what the runs and files say, by its own rules."""

import json
from types import SimpleNamespace

import pandas as pd
import pytest

from experiments.report import verdicts, writeup_facts, writeup_page, writeup_series
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
                config={"kind": "lstm", "hidden_dim": 256},
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
    assert verdicts.above_zero(1, 2) == "holds"
    assert verdicts.told(3, 2, 0.3) == "holds"
    assert verdicts.told(3, 2, 0.4) == "cannot be told"
    assert verdicts.told(3, 2, 0.3, less=True) == "does not hold"
    assert verdicts.reproduced(4, [1, 2, 3]) == "reproduced"
    assert verdicts.reproduced(6, [1, 2, 3]) == "ours is lower"
    assert verdicts.reproduced(-2, [1, 2, 3]) == "ours is higher"


def test_without_other_files_the_page_holds_what_runs_tell(tmp_path):
    page = written(contents([2.0, 2.1], [10.0, 11.0]), tmp_path)
    assert "| rnn | validation | 2.0000 | 2.0500 ± 0.0707 | +0.0500 | 7.4000 |" in page
    assert "by BLEU **cannot be told** (2 and 2 runs)" in page
    shown = [line[3:] for line in page.splitlines() if line.startswith("## ")]
    unmeasured = {
        "Transformer (Encoder Only) Translation Results",
        "Full Transformer Translation Results",
        "Theory question",
        "Paper discussion",
    }
    assert shown == [heading for heading in HEADINGS if heading not in unmeasured]
    assert "| “LSTM has both lower perplexity and loss than RNN” | lower " in page
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
    assert "a mean distance that is 0.500 times" in page
    assert page == written(found, tmp_path)


# === What was measured from weights ===

GRADIENTS = """\
corpus,recipe,runs,distance,start,start_low,start_high,end,end_low,end_high
multi30k,rnn,1,0,1.0,,,1.0,,
multi30k,rnn,1,2,0.01,,,0.04,,
multi30k,rnn,1,kept,0.1,0.09,0.11,0.2,0.1,0.3
multi30k,lstm,2,0,1.0,,,1.0,,
multi30k,lstm,2,2,0.25,,,0.5,,
multi30k,lstm,2,kept,0.5,0.4,0.6,0.9,0.8,1.1
multi30k,lstm - rnn,,kept,0.4,0.3,0.5,0.1,-0.1,0.2
"""
LOSSES = """\
corpus,recipe,runs,by,group,tokens,loss,low,high
multi30k,rnn,1,position,1,90,4.0,3.9,4.1
multi30k,lstm,1,position,1,90,3.0,2.9,3.1
multi30k,rnn - lstm,,position,1,90,1.0,0.9,1.1
multi30k,rnn - lstm,,position,slope,,-0.02,-0.03,-0.01
multi30k,rnn,1,length,8–9,90,4.0,3.9,4.1
multi30k,rnn_attention,1,length,8–9,90,3.5,3.4,3.6
multi30k,rnn - rnn_attention,,length,8–9,90,0.5,0.4,0.6
multi30k,rnn_attention,1,all,all,90,3.5,3.4,3.6
"multi30k","rnn_attention, uniform",1,all,all,90,3.6,3.5,3.7
"multi30k","rnn_attention, uniform - rnn_attention",,all,all,90,0.1,0.05,0.2
multi30k,full_transformer_best,1,all,all,90,1.5,1.4,1.6
"""
ALIGNMENTS = """\
corpus,recipe,runs,layer,words,agreement,low,high,diagonal,chance
multi30k,rnn_attention,1,attention,1234,0.3,0.28,0.32,0.45,0.1
multi30k,full_transformer,1,decoder_1,1234,0.7,0.68,0.72,0.45,0.1
"""
FEEDINGS = """\
corpus,recipe,runs,trained,free_running,teacher_forcing,difference,difference_low,difference_high,bleu
multi30k,lstm_attention_best,1,free_running,3.5,3.1,0.4,0.3,0.5,12.5
"multi30k","lstm_attention_best,feeding=teacher_forcing",1,teacher_forcing,4.0,2.0,2.0,1.9,2.1,15.0
"""
SERIES = """\
corpus,base,factor,value,epochs,runs,val_loss,bleu,diversity
multi30k,full_transformer_best,dropout,0.2,3,1,2.0,20.0,0.3
multi30k,full_transformer_best,dropout,0.3,3,1,2.5,19.0,0.3
multi30k,full_transformer_best,dropout,0.5,3,1,3.0,18.0,0.3
multi30k,full_transformer_best,num_heads,1,3,1,2.0,20.0,
multi30k,full_transformer_best,num_heads,4,3,1,2.0,20.0,0.3
multi30k,full_transformer_best,num_heads,8,3,1,2.1,20.0,0.4
multi30k,full_transformer_best,model_dim,64,3,1,2.6,20.0,0.3
multi30k,full_transformer_best,model_dim,256,3,1,2.0,20.0,0.3
"""
DIVERSITIES = """\
corpus,recipe,runs,heads,layer,diversity,least,greatest
multi30k,encoder_only,1,2,encoder_0 self_attention,0.25,0.25,0.25
"""


def seed_rows(losses):
    rows = [f"multi30k,lstm_attention,jax,{n},20,{x},{x}" for n, x in enumerate(losses)]
    header = "corpus,recipe,backend,seed,epochs,val_loss,best_val_loss"
    return "\n".join([header, *rows, ""])


def measured_page(folder, **files):
    for name, text in files.items():
        write_whole(folder / getattr(writeup_facts, name), text)
    return written(contents([2.0, 2.1], [10.0, 11.0]), folder)


def test_mechanisms_are_judged_by_their_intervals(tmp_path):
    page = measured_page(
        tmp_path,
        GRADIENTS=GRADIENTS,
        LOSSES=LOSSES,
        ALIGNMENTS=ALIGNMENTS,
        FEEDINGS=FEEDINGS,
    )
    assert "| rnn | 0.100 (0.090 to 0.110) | 0.200 (0.100 to 0.300) | 1.0e-02 |" in page
    assert "before training **holds**, after training **cannot be told**" in page
    assert "in `rnn` **holds**, in `lstm` **cannot be told**" in page
    assert "| rnn - lstm | +1.00 |" in page
    assert "changes by -0.020 (-0.030 to -0.010) with each word" in page
    assert "grows along the\nsentence: **does not hold**" in page
    assert "| rnn - rnn_attention | +0.50 |" in page
    assert "a difference of +0.1000 (+0.0500 to +0.2000). That where it looks" in page
    assert "| 45.0% | 10.0% | does not hold |" in page
    assert "decoder 1 | 70.0% (68.0% to 72.0%) | 45.0% | 10.0% | holds |" in page
    assert "a gap of 2.000" in page
    assert "the same weights: 20%; that it is most of the gap **does not hold**" in page
    assert "by teacher forcing: 75%; that it is most of the gap **holds**" in page
    assert "Not measured here: what the attention looks at" not in page
    assert "Not measured here: the gradients" not in page


def test_a_series_is_judged_by_the_spread_over_seeds(tmp_path):
    page = measured_page(tmp_path, SERIES=SERIES, DIVERSITIES=DIVERSITIES)
    assert "one field changed, 3 epochs" in page
    assert "| num heads | 1 | 1 | 2.0000 | 20.00 | one head |" in page
    assert "that a dropout above 0.2 is worse, by validation loss: **holds**" in page
    assert "grows with each step in their number: **holds**" in page
    assert "8 has a lower validation loss than 1 in heads: **cannot be told**" in page
    assert "256 has a lower validation loss than 64 in width: **holds**" in page
    assert "| encoder_only | 2 | encoder 0 self attention | 0.250 |" in page
    assert "Not measured here: width, heads and dropout one by one" not in page


@pytest.mark.parametrize(
    ("losses", "verdict"),
    [
        ([2.0, 2.2] * 5, "holds"),
        ([2.0, 2.2], "cannot be told"),
        ([3.0, 3.1] * 5, "not"),
    ],
)
def test_a_number_is_a_seeds_luck_if_one_more_run_may_reach_it(
    tmp_path, losses, verdict
):
    page = measured_page(tmp_path, SEEDS=seed_rows(losses))
    counted = f"{len(losses)} runs (seeds 0 to {len(losses) - 1}, 1 backend)"
    assert f"`lstm_attention`, {counted}" in page
    assert ("we say with 10 runs" in page) == (len(losses) < 10)
    said = next(line for line in page.splitlines() if "seed's luck" in line)
    assert verdict in said


def test_intervals_are_those_of_student():
    of_mean, of_next = writeup_series.intervals([1.0, 2.0, 3.0])
    assert of_mean == pytest.approx((2 - 4.303 / 3**0.5, 2 + 4.303 / 3**0.5))
    assert of_next == pytest.approx((2 - 4.303 * (4 / 3) ** 0.5, 7 - 0.0314), rel=1e-3)


def test_a_study_is_shown_beside_the_writeups_best(tmp_path):
    folder = tmp_path / "tuning/recurrent_short"
    rows = "trial,status,value,kind,hidden_dim\n"
    rows += "0,complete,3.5,rnn,64\n1,pruned,3.0,lstm,64\n2,complete,3.25,gru,128\n"
    write_whole(folder / "trials.csv", rows)
    write_whole(folder / "importances.csv", "field,share\nhidden_dim,0.75\n")
    fixed = "epochs = 8\nepoch_updates = 75\nbatch_size = 64\n"
    write_whole(folder / "best.toml", f'{fixed}kind = "gru"\nhidden_dim = 128\n')
    page = measured_page(tmp_path)
    assert (
        "A search of 3 trials (2 complete, 1 pruned), 600 updates of 64 pairs" in page
    )
    assert "the least validation loss is 3.2500" in page
    table = page[page.index("| hidden dim | 256 | 128 | 75% |") :]
    assert "| kind | lstm | gru |  |" in table
    assert "training was not measured" in page


def test_what_a_study_found_is_compared_in_full_training(tmp_path):
    folder = tmp_path / "tuning/recurrent_short"
    rows = "trial,status,value,kind\n0,complete,3.5,rnn\n1,complete,3.25,gru\n"
    write_whole(folder / "trials.csv", rows)
    write_whole(folder / "best.toml", 'epochs = 8\nkind = "gru"\n')
    found = contents([2.0, 2.2], [10.0, 12.0])
    tuned = contents([1.5, 1.7], [11.0, 13.0]).recipes["lstm"]
    for run in tuned:
        run.config["epochs"] = 20
    found.recipes["lstm_attention_tuned"] = tuned
    page = written(found, tmp_path)
    table = page[page.index("Trained in full, for 20 epochs") :]
    assert "| validation loss | 2.1000 ± 0.1414 | 1.6000 ± 0.1414 |" in table
    assert (
        "That `lstm_attention_tuned` is better than `lstm_attention_best`: by "
        "validation loss **holds**, by BLEU **cannot be told** (2 and 2 runs)." in table
    )


def test_layers_of_translators_are_shown(tmp_path):
    layer = {
        "position_probe": 0.5,
        "norm_ratios": {"self_attention": 2.0, "feedforward": 1.0},
        "head_distances": [4.0, 2.0],
        "reach": 4.0,
    }
    without = {"encoder_0 self_attention": 0.75, "encoder_0 feedforward": 0.25}
    runs = [
        {"recipe": name, "layers": layers, "without_skip": without}
        for name, layers in (
            ("rnn", {}),
            ("lstm", {}),
            ("encoder_only", {"source": {"encoder_0": layer, "uniform_distance": 6.7}}),
        )
    ]
    pairs = [
        {"recipes": ["rnn", "rnn"], "uniformity": 0.5, "cka": [[1.0, 0.5], [0.5, 1.0]]},
        {"recipes": ["lstm", "lstm"], "uniformity": 0.25, "cka": [[1.0]]},
        {"recipes": ["rnn", "lstm"], "cka": [[0.5, 0.25], [0.25, 0.0]]},
    ]
    found = {"sentences": 64, "runs": runs, "pairs": pairs}
    page = measured_page(tmp_path, TRANSLATORS=json.dumps(found))
    assert "| rnn | lstm | 0.500 | 0.250 | 0.250 | cannot be told |" in page
    assert (
        "| encoder_only | encoder 0 | 0.50, 1.00 | self attention 2.00, feedforward "
        "1.00 | 0.75, 0.25 | 0.50 |" in page
    )
    assert "(representations/cka_rnn_and_lstm.png)" in page


def test_a_page_needs_two_complete_runs_of_each_system(tmp_path):
    assert written(contents([2.0], [10.0]), tmp_path) is None
    assert written(contents([2.0, 2.1], [1.0, 2.0], "partial"), tmp_path) is None
    assert written(contents([2.0, float("nan")], [1.0, 2.0]), tmp_path) is None
    assert not list(tmp_path.iterdir())


def test_a_damaged_file_is_named(tmp_path):
    write_whole(tmp_path / writeup_facts.DIGITS, "[{")
    with pytest.raises(InputError, match=r"digits\.json: .*; remove it or make it"):
        written(contents([2.0, 2.1], [10.0, 11.0]), tmp_path)
