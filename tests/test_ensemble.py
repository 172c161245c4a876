"""Several systems search as one, with the mean of their probabilities."""

import functools
import io
import itertools
import pickle

import numpy as np
import pytest

import keras_nmt
from keras_nmt.__main__ import main
from keras_nmt.errors import InputError
from keras_nmt.run.ensemble import TrainedEnsemble
from keras_nmt.run.translator import TrainedTranslator
from keras_nmt.search.beam import BeamSearch
from keras_nmt.search.corpus_decoder import CorpusDecoder
from keras_nmt.search.ensemble import Ensemble, EnsembleDecoder
from keras_nmt.search.greedy import Greedy
from keras_nmt.search.sampling import Sampling
from keras_nmt.specials import EOS, PAD, SOS
from tests.checks import SMALL, SYSTEMS, log_softmax, small_system
from tests.running import built, computed
from tests.test_trained import LINES, made, processor, save

SENTENCES = [
    [SOS, 5, 6, 7, EOS],
    [SOS, 10, EOS],
    [SOS, 4, 4, 8, 9, EOS],
    [SOS, *[6] * 6, EOS],
]
SEARCHES = {
    "greedy": Greedy(),
    "beam": BeamSearch(3, n_best=2),
    "sampling": Sampling(n_best=2, seed=3),
}


@functools.cache
def talkative(name, seed=1):
    """A small system of other weights, which seldom ends a sentence."""
    model = built(SMALL[name](), seed)
    model.projection.bias.assign(np.float32([-3, -99, -99, -1, 0, 0, 0, 0, 0]))
    return model


def together(models, search):
    """`SENTENCES` translated by systems that all read them by the same ids."""
    return EnsembleDecoder(Ensemble(models), search)(read_by(models))


def read_by(models):
    return [(ids,) * len(models) for ids in SENTENCES]


def best(found):
    return [hypotheses[0].token_ids for hypotheses in found]


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("name", ["lstm_cosine", "transformer"])
def test_a_system_with_itself_translates_as_it_does_alone(name, search):
    alone = CorpusDecoder(small_system(name), SEARCHES[search])(SENTENCES)
    found = together([small_system(name)] * 3, SEARCHES[search])
    for twice, once in zip(found, alone, strict=True):
        assert [x.token_ids for x in twice] == [x.token_ids for x in once]
        if once[0].score is not None:
            scores = [x.score for x in once]
            assert [x.score for x in twice] == pytest.approx(scores, abs=1e-4)


def test_probabilities_are_averaged_as_numpy_does_it():
    """The systems read sources of different tokens and lengths."""
    models = talkative("lstm_cosine"), talkative("transformer")
    sources = [SOS, 5, 6, 7, EOS], [SOS, 9, 4, EOS]
    ((found,),) = EnsembleDecoder(Ensemble(models), BeamSearch(1))([sources])
    ids, total = found.token_ids, 0.0
    for place, chosen in enumerate(ids):
        # Padded to one length, for which each system is compiled once.
        target_in = np.full((1, len(ids)), PAD, "int32")
        target_in[0, : place + 1] = [SOS, *ids[:place]]
        logits = [
            computed(
                model,
                {"source": np.array([source], "int32"), "target_in": target_in},
            )[0, place].astype("float64")
            for model, source in zip(models, sources, strict=True)
        ]
        mean = np.mean([np.exp(log_softmax(x)) for x in logits], axis=0)
        assert mean.argmax() == chosen
        total += np.log(mean[chosen])
    penalty = ((5 + len(ids)) / 6) ** 0.6
    assert found.score == pytest.approx(total / penalty, abs=1e-4)


@pytest.mark.parametrize("search", SEARCHES)
def test_neither_the_order_of_the_systems_nor_the_batch_matters(search):
    models = [talkative(x) for x in ("lstm_cosine", "transformer", "gru_additive")]
    decode = EnsembleDecoder(Ensemble(models), SEARCHES[search])
    first = decode(read_by(models))
    assert first != CorpusDecoder(models[0], SEARCHES[search])(SENTENCES)
    for order in list(itertools.permutations(models))[1::2]:
        assert best(together(order, SEARCHES[search])) == best(first)
    decode.batch_size = 1
    assert best(decode(read_by(models))) == best(first)


def test_a_wider_beam_finds_no_worse_translations():
    models = talkative("lstm_cosine"), talkative("transformer")
    narrow, wide = (
        [found.score for (found, *_) in together(models, BeamSearch(width))]
        for width in (1, 6)
    )
    assert sum(wide) >= sum(narrow)


# === Text ===


def relearned(name="transformer", **changes):
    """A translator of the same texts with other weights, or of others."""
    model = built(SYSTEMS[name](), seed=4)
    sides = {"source": made(name).source, "target": made(name).target, **changes}
    return TrainedTranslator(model, **sides)


def test_lines_are_translated_as_by_the_system_alone(caplog):
    """Also those that are split into sentences, cut, or blank; and after pickling."""
    alone = made("transformer")
    twice = TrainedEnsemble([alone, alone])
    expected = alone.translate(LINES)
    assert twice.translate(LINES) == expected
    assert pickle.loads(pickle.dumps(twice)).translate(LINES[:3]) == expected[:3]
    assert "cut, since this system reads" in caplog.text


def test_what_the_systems_prefer_is_done_together(caplog):
    """The search that all name, and the spelling that one of them asks for."""
    alone, beam = made("transformer"), BeamSearch(2, 0.3)
    spelling = TrainedTranslator(alone.model, alone.source, alone.target, beam)
    spelling.respell = str.lower
    both = TrainedEnsemble([spelling, spelling])
    assert both.search.get_config() == beam.get_config()
    assert not caplog.text
    mixed = TrainedEnsemble([alone, spelling])
    assert isinstance(mixed.search, Greedy)
    assert "prefer other searches each; none of these is used" in caplog.text
    lower = TrainedEnsemble([alone])._pieces(["der hund"], 0)
    assert mixed._pieces(["DER HUND"], 0) == [[pair * 2 for pair in lower[0]]]
    assert "line 1 as 'der hund'" in caplog.text


def test_systems_may_read_the_source_by_other_words():
    source = processor("de", ["\n", "hund", "der", "ja", ".", "läuft", "mann"])
    other = relearned(source=source)
    found = TrainedEnsemble([made("transformer"), other]).translate(LINES)
    assert found == TrainedEnsemble([other, made("transformer")]).translate(LINES)


def test_systems_of_other_targets_are_refused():
    target = processor("en", ["\n", "dog", "the", "runs", "."])
    with pytest.raises(InputError, match="b: has another target vocabulary or token"):
        TrainedEnsemble([made("transformer"), relearned(target=target)], ["a", "b"])
    with pytest.raises(InputError, match="system 2: this system predicts all pos"):
        TrainedEnsemble([made("transformer"), made("encoder_only")])
    with pytest.raises(InputError, match="at least one"):
        keras_nmt.load_ensemble([])


def test_the_command_takes_several_runs(tmp_path, capsys, monkeypatch):
    folders = [
        str(save(tmp_path / name, name)) for name in ("transformer", "rnn_cosine")
    ]
    expected = keras_nmt.load_ensemble(folders).translate(LINES[:3])

    def translate(*words):
        lines = io.BytesIO("\n".join(LINES[:3]).encode())
        monkeypatch.setattr(
            "keras_nmt.commands.translate.own_stdin", lambda: lines, raising=True
        )
        main(["translate", *words, "--beam-size", "1"])
        return capsys.readouterr().out.splitlines()

    assert translate(*folders) == expected
    assert translate(*folders[::-1]) == expected


@pytest.mark.backend_free
def test_a_file_in_place_of_a_run_is_told(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    file = tmp_path / "source.de"
    file.write_text("Ja.\n", encoding="utf-8")
    for command in ("translate", "evaluate"):
        extra = ["--source", str(file), "--reference", str(file)]
        with pytest.raises(SystemExit) as ended:
            main([command, "run", str(file), *(extra if command == "evaluate" else [])])
        assert ended.value.code == 2
        line = capsys.readouterr().err
        assert "source.de: is a file, not the folder of a run; translate reads" in line
