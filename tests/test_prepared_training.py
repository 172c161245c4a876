"""Training on a prepared folder is training on its corpus."""

import dataclasses
import json

import pytest

from keras_nmt.__main__ import main
from keras_nmt.corpora.in_memory import sources_of
from keras_nmt.preparation.in_memory import prepare
from keras_nmt.preparation.prepare import prepare_folder
from keras_nmt.preparation.stored import open_prepared
from keras_nmt.run import writing
from keras_nmt.run.runs import Run
from keras_nmt.train import train_prepared
from tests.test_train import small_corpus
from tests.test_train_command import SMALL_TRANSFORMER


def test_a_run_on_a_prepared_folder_has_the_same_config_and_text(tmp_path):
    """Its pairs are the same, too: tests/test_preparation.py."""
    corpus, options = small_corpus(), SMALL_TRANSFORMER.text_options()
    prepare_folder(sources_of(corpus), tmp_path / "out", options, say=print)
    stored, run = open_prepared(tmp_path / "out"), Run(tmp_path / "run")
    other = dataclasses.replace(SMALL_TRANSFORMER, dropout=0.9)
    stored.check_options("other", other.text_options())
    train_prepared(SMALL_TRANSFORMER, stored, run)
    assert run.status == "complete"
    expected = writing.config_of(SMALL_TRANSFORMER, prepare(corpus, **options), 0)
    assert run.config == json.loads(json.dumps(expected))
    assert [row.source for row in run.translations] == [*corpus.test.source]


@pytest.mark.backend_free
def test_the_commands_prepare_and_refuse_a_recipe_with_other_text(tmp_path, capsys):
    text, out = tmp_path / "toy.tsv", tmp_path / "out"
    rows = "".join(f"Satz Nummer {n}.\tSentence number {n}.\n" for n in range(80))
    text.write_text(f"de\ten\n{rows}")
    words = ["--recipe", "transformer", "--set", "subword_vocabulary_size=60"]
    main(["prepare", "--corpus", str(text), "--split", "5", "--out", str(out), *words])
    shown = capsys.readouterr().out
    assert "train: 70 of 70 pairs kept" in shown
    command = f"keras-nmt train transformer --prepared {out} {' '.join(words[2:])}"
    assert f"train on it: {command}\n" in shown
    for more, said in (
        (
            [],
            "was prepared with subword_vocabulary_size 60, and recipe transformer has",
        ),
        (["--corpus", "captions"], "--prepared names the text already; leave out --co"),
    ):
        with pytest.raises(SystemExit) as stop:
            main(["train", "transformer", "--prepared", str(out), *more])
        assert stop.value.code == 2
        assert said in capsys.readouterr().err
