"""Scores are sacreBLEU's to the digit, and tell how sure and how they were made."""

import json

import pytest
from sacrebleu.metrics import BLEU, CHRF, TER
from sacrebleu.tokenizers import tokenizer_ja_mecab

from experiments import rescore
from experiments.report.contents import _counted_or_word
from keras_nmt.errors import InputError
from keras_nmt.evaluation import sentence_statistics
from keras_nmt.evaluation.bleu import count_run
from keras_nmt.evaluation.bleu_tokenizers import (
    MissingTokenizer,
    check_tokenizer,
    tokenizer_in,
    tokenizer_of,
    tokenizer_of_run,
)
from keras_nmt.evaluation.scores import round_trip, score
from keras_nmt.run.file_formats import write_translations
from keras_nmt.run.runs import load_runs
from keras_nmt.text.tokenizer import WordTokenizer
from tests.test_reporting import HOSTILE, ROWS, edit, make_run

pytestmark = pytest.mark.backend_free

PARK = "A dog runs in the park."
RIDE = ["A man rides a horse.", "Two boys play on the red field."]
RIDES = ["A man rides a bike.", "Two boys play on the green field."]


def values(scores, name="score"):
    """BLEU, chrF and TER of one case."""
    return [scores[metric][name] for metric in ("bleu", "chrf", "ter")]


# === Values ===


@pytest.mark.parametrize(
    ("hypotheses", "references", "cased", "lowercased"),
    [
        ([PARK], [PARK], [100, 100, 0], [100, 100, 0]),
        # One of 7 tokens differs: BLEU = (6/7 · 5/6 · 4/5 · 3/4)^(1/4), TER = 1/6.
        ([PARK.lower()], [PARK], [80.9107, 93.4684, 16.6667], [100, 100, 0]),
        (RIDE, RIDES, [57.2125, 68.279, 16.6667], [57.2125, 68.279, 16.6667]),
        (["xyz"], [PARK], [0, 0, 100], [0, 0, 100]),
        ([""], [PARK], [0, 0, 100], [0, 0, 100]),
    ],
)
def test_scores_are_literal(hypotheses, references, cased, lowercased):
    found = score(hypotheses, references)["all"]
    assert values(found["cased"]) == cased
    assert values(found["lowercased"]) == lowercased


def test_intervals_are_literal_and_the_same_each_time():
    bleu, chrf, ter = values(score(RIDE, RIDES)["all"]["lowercased"], "interval")
    assert bleu == pytest.approx([53.9908, 59.7226], abs=2e-4)
    assert chrf == pytest.approx([62.3444, 72.4742], abs=2e-4)
    assert ter == pytest.approx([14.0915, 19.8057], abs=2e-4)
    assert score(RIDE, RIDES) == score(RIDE, RIDES)


@pytest.mark.parametrize(
    ("case", "name", "metric"),
    [
        ("cased", "bleu", BLEU()),
        ("cased", "chrf", CHRF()),
        ("cased", "ter", TER(case_sensitive=True)),
        ("lowercased", "bleu", BLEU(lowercase=True)),
        ("lowercased", "chrf", CHRF(lowercase=True)),
        ("lowercased", "ter", TER()),
    ],
)
def test_scores_intervals_and_signatures_are_those_of_sacrebleu(case, name, metric):
    told = metric.corpus_score(RIDE, [RIDES], n_bootstrap=1000)
    found = score(RIDE, RIDES)["all"][case][name]
    low, high = found["interval"]
    assert found["score"] == pytest.approx(told.score, abs=1e-4)
    assert f"(μ = {(low + high) / 2:.2f} ± {(high - low) / 2:.2f})" in str(told)
    assert found["signature"] == str(metric.get_signature())


@pytest.mark.parametrize("block", [1, 3, 1 << 16])
def test_scores_are_the_same_in_blocks_of_any_size(block, monkeypatch):
    hypotheses = [PARK, *RIDE, "xyz", "", PARK.lower(), "A man rides."]
    references = [PARK, *RIDES, PARK, PARK, PARK, RIDES[0]]
    several = references, [*references[1:], PARK]
    expected = [scored(hypotheses, one) for one in ([references], several)]
    monkeypatch.setattr(sentence_statistics, "BLOCK", block)
    found = [scored(hypotheses, one) for one in ([references], several)]
    assert found == expected


def scored(hypotheses, references):
    """The scores, and the resampled sums behind them as bytes."""
    statistics = sentence_statistics.SentenceStatistics("13a")
    rows = statistics.of(hypotheses, references)
    sums = sentence_statistics.resampled_sums(rows)
    return statistics.scores(rows), sums.tobytes()


def test_a_block_of_all_resamples_takes_little_memory():
    assert 8 * sentence_statistics.SAMPLES * sentence_statistics.BLOCK < 1 << 26


def test_kept_lines_are_scored_by_themselves():
    found = score([PARK, "xyz", *RIDE], [PARK, PARK, *RIDES], kept=(2, 3))
    assert found["all"]["sentences"] == 4
    assert found["kept"] == score(RIDE, RIDES)["all"]
    assert found["kept_rows"] == [2, 3]
    assert "kept" not in score([PARK], [PARK], kept=[])


def test_hostile_text_is_scored_and_stored():
    lines = [cell for row in HOSTILE for cell in row]
    found = score(lines, lines)
    assert values(found["all"]["cased"]) == [100, 100, 0]
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize(
    ("hypotheses", "references", "kept", "message"),
    [
        ([PARK], [PARK, PARK], None, "1 hypotheses but 2 references"),
        ([PARK, PARK], [PARK], None, "2 hypotheses but 1 references"),
        ([], [], None, "no line to score"),
        ([PARK], [PARK], [0, 1], "expected places in 0 to 0. Received: 1"),
        ([PARK], [PARK], ["0"], "Received: '0'"),
    ],
)
def test_what_cannot_be_scored_is_refused(hypotheses, references, kept, message):
    with pytest.raises(InputError, match=message):
        score(hypotheses, references, kept)


# === Tokenizers and references ===


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("en", "13a"),
        ("zh", "zh"),
        ("zh-CN", "zh"),
        ("zh_Hans", "zh"),
        ("cmn", "zh"),
        ("ZHO", "zh"),
        ("ja", "ja-mecab"),
        ("jpn", "ja-mecab"),
        ("ko-KR", "ko-mecab"),
        ("kor", "ko-mecab"),
        (None, "13a"),
    ],
)
def test_a_language_has_its_tokenizer(language, name):
    assert tokenizer_of(language) == name


def test_the_tokenizer_stands_in_the_signature_and_can_be_read_from_it():
    lines = ["我喜欢苹果，你呢？"]
    half = ["我喜欢苹果。"]
    told = {}
    for name in ("13a", "zh", "char", "intl", "none"):
        found = score(half, lines, tokenize=name)
        told[name] = found["all"]["lowercased"]["bleu"]
        assert f"|tok:{name}|" in told[name]["signature"]
        assert tokenizer_of_run({"test": found}) == name
    assert told["13a"]["score"] == 0
    assert told["zh"]["score"] > 40
    assert tokenizer_in("nrefs:1|tok:ja-mecab-0.996-IPA|smooth:exp") == "ja-mecab"
    assert tokenizer_in("tok:ko-mecab-0.996/ko-0.9.2-KO") == "ko-mecab"
    assert tokenizer_of_run({}) == tokenizer_of_run({"test": None}) == "13a"


def test_a_tokenizer_that_is_not_there_is_told_with_its_mend(monkeypatch):
    with pytest.raises(InputError, match=r"--tokenize zhh: .*did you mean zh"):
        check_tokenizer("zhh")
    monkeypatch.setattr(tokenizer_ja_mecab, "MeCab", None)
    with pytest.raises(InputError, match=r"sacrebleu\[ja\].*--tokenize char"):
        check_tokenizer("ja-mecab")


def test_a_run_whose_tokenizer_is_not_there_is_named(tmp_path, monkeypatch):
    folder = make_run(tmp_path)
    signature = "nrefs:1|tok:ja-mecab-0.996-IPA|smooth:exp"
    scores = {"all": {"lowercased": {"bleu": {"signature": signature}}}}
    edit(folder, "scores.json", test=scores)
    monkeypatch.setattr(tokenizer_ja_mecab, "MeCab", None)
    (run,) = load_runs(tmp_path)
    with pytest.raises(MissingTokenizer, match=r"jax-seed0: .*sacrebleu\[ja\]"):
        count_run(run)
    assert _counted_or_word([run]) == "no tokenizer"


def test_several_references_are_those_of_sacrebleu():
    others = ["A man is riding a bike.", "Two boys play on the red field."]
    metric = BLEU(lowercase=True)
    told = metric.corpus_score(RIDE, [RIDES, others])
    found = score(RIDE, RIDES, kept=[1], other_references=[others])
    bleu = found["all"]["lowercased"]["bleu"]
    assert bleu["score"] == pytest.approx(told.score, abs=1e-4)
    assert bleu["signature"].startswith("nrefs:2|")
    assert values(found["kept"]["cased"]) == [100, 100, 0]
    with pytest.raises(InputError, match="2 hypotheses but 1 references"):
        score(RIDE, RIDES, other_references=[others[:1]])


def test_the_round_trip_is_the_score_of_perfect_translations():
    lines = ["Où est l'eau ?", "Un chien."]
    assert round_trip(WordTokenizer("fr"), ["Un chien."]) == 100
    assert round_trip(WordTokenizer("fr"), lines) < 60


# === Scoring anew ===


def test_rescoring_replaces_the_test_scores_alone(tmp_path):
    folder = make_run(tmp_path)
    edit(folder, "scores.json", test={"kept_rows": [0, 2]}, best_epoch=2)
    rescore.main([str(folder)])
    (run,) = load_runs(tmp_path)
    test = run.scores.pop("test")
    assert run.scores == {"status": "complete", "parameters": 7, "best_epoch": 2}
    hypotheses, references = ([row[cell] for row in ROWS] for cell in (2, 1))
    assert test == score(hypotheses, references, [0, 2])
    assert [path.name for path in folder.iterdir() if path.name[0] == "."] == []


def test_all_complete_runs_of_a_folder_are_rescored(tmp_path, capsys):
    for seed in (0, 1):
        make_run(tmp_path, seed=seed)
    partial = make_run(tmp_path, recipe="rnn")
    (partial / "epochs.csv").unlink()
    before = (partial / "scores.json").read_bytes()
    rescore.main(["--runs-dir", str(tmp_path)])
    screen = capsys.readouterr()
    assert "2 runs rescored" in screen.out
    assert screen.err == ""
    assert (partial / "scores.json").read_bytes() == before


def test_rescoring_keeps_the_tokenizer_of_a_run_or_takes_another(tmp_path):
    folder = make_run(tmp_path)
    for arguments, name in (
        (["--tokenize", "char"], "char"),
        ([], "char"),
        (["--tokenize", "13a"], "13a"),
    ):
        rescore.main([str(folder), *arguments])
        (run,) = load_runs(tmp_path)
        assert tokenizer_of_run(run.scores) == name
        assert count_run(run).tokenize == name
        bleu = run.scores["test"]["all"]["lowercased"]["bleu"]["score"]
        assert count_run(run).bleu == pytest.approx(bleu, abs=1e-4)


def no_lines(folder):
    write_translations(folder / "translations.tsv", [])


def bad_places(folder):
    edit(folder, "scores.json", test={"kept_rows": [99]})


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: (folder / "scores.json").unlink(), "partial (no scores.json)"),
        (lambda folder: (folder / "scores.json").write_text("{"), "not JSON"),
        (no_lines, "no line to score"),
        (bad_places, "Received: 99"),
    ],
)
def test_a_run_that_cannot_be_rescored_is_one_line(tmp_path, capsys, spoil, message):
    folder = make_run(tmp_path)
    spoil(folder)
    with pytest.raises(SystemExit) as stop:
        rescore.main([str(folder)])
    error = capsys.readouterr().err
    assert (stop.value.code, error.count("\n")) == (2, 1)
    assert message in error


@pytest.mark.parametrize("arguments", [[], ["--runs-dir", "nowhere"], ["nowhere"]])
def test_rescoring_nothing_is_one_line(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        rescore.main(arguments)
    assert stop.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
