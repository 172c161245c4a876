"""A corpus that is prepared in a folder is the one that is prepared in memory."""

import dataclasses
import json
import os
import random
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest

from keras_nmt.corpora import captions
from keras_nmt.corpora.in_memory import sources_of
from keras_nmt.corpora.sources import find_sources
from keras_nmt.errors import InputError
from keras_nmt.preparation import layout, shards, word_table
from keras_nmt.preparation.encoding import PieceEncoder, WordEncoder
from keras_nmt.preparation.in_memory import prepare
from keras_nmt.preparation.prepare import prepare_folder
from keras_nmt.preparation.stored import open_prepared
from keras_nmt.specials import PAD
from keras_nmt.text.packed import PackedIds
from keras_nmt.text.prepared import PARTS
from keras_nmt.text.sample import Sample
from keras_nmt.text.tokenizer import SubwordTokenizer, WordTokenizer

pytestmark = pytest.mark.backend_free

OPTIONS = {
    "tokenizer": "joint_subwords",
    "subword_vocabulary_size": 150,
    "subword_model": "bpe",
    "subword_sampling": 0.0,
    "lowercase": False,
    "newline_token": False,
    "min_frequency": 2,
    "max_length": 40,
}


def silent(line):
    pass


@pytest.fixture(scope="module")
def corpus():
    return few_captions()


def few_captions():
    whole = captions.load()
    sizes = {"train": 300, "validation": 40, "test": 20}
    parts = {part: getattr(whole, part).select(range(n)) for part, n in sizes.items()}
    return dataclasses.replace(whole, **parts)


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    monkeypatch.setattr(shards, "SIZE", 70)


def prepared_in(folder, corpus, processes=1, restart=False, **options):
    options = {**OPTIONS, **options}
    prepare_folder(sources_of(corpus), folder, options, processes, restart, silent)
    return open_prepared(folder)


def content(folder):
    return {
        path.name: path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != layout.LOCK
    }


@pytest.fixture(scope="module")
def whole(corpus, tmp_path_factory):
    """The files of an undisturbed preparation."""
    folder = tmp_path_factory.mktemp("whole") / "prepared"
    prepared_in(folder, corpus)
    return content(folder)


# === The same as in memory ===


@pytest.mark.parametrize(
    "changes",
    [
        {"tokenizer": "words", "lowercase": True, "newline_token": True},
        {},
        {"tokenizer": "subwords", "subword_model": "unigram"},
        {"subword_sampling": 0.1},
    ],
    ids=["words", "joint", "unigram", "sampled"],
)
def test_files_hold_what_is_prepared_in_memory(changes, corpus, tmp_path):
    expected = prepare(corpus, **{**OPTIONS, **changes})
    found = prepared_in(tmp_path / "out", corpus, **changes)
    assert found.fingerprint == expected.fingerprint
    assert found.statistics == expected.statistics
    assert found.corpus.fingerprints() == corpus.fingerprints()
    assert (found.corpus.validation, found.corpus.test) == (
        corpus.validation,
        corpus.test,
    )
    for side in layout.SIDES:
        assert getattr(found, side).get_config() == getattr(expected, side).get_config()
    for part in PARTS:
        assert [*found.pairs[part]] == [*expected.pairs[part]]
        assert (*found.pairs[part].kept,) == (*expected.pairs[part].kept,)
        assert (*found.line_numbers(part),) == (*expected.line_numbers(part),)
    assert [*found.train_pairs(0)] == [*expected.train_pairs(0)]


def test_ids_of_a_small_vocabulary_take_two_bytes(corpus, tmp_path):
    found = prepared_in(tmp_path / "out", corpus)
    packed = found.pairs["train"].pairs
    assert packed.source.ids.dtype == "uint16"
    assert packed.source.starts.dtype == "int64"
    with pytest.raises(TypeError):
        packed.source.ids[:1] = 0
    members = np.array([3, 0, 3])
    held = PackedIds(packed.source.ids[:], packed.source.starts)
    for found in (packed.source, held):
        assert found.gather(members, 60, first=1, last=-1).tolist() == [
            (corpus_ids[1:-1] + [PAD] * 60)[:60]
            for corpus_ids in (packed.source[k] for k in members.tolist())
        ]


def test_line_numbers_are_those_of_the_file_although_lines_are_blank(tmp_path):
    folder = tmp_path / "text"
    folder.mkdir()
    for part in ("train", "val", "test"):
        for side in ("de", "en"):
            blank = "\n" if part == "train" and side == "de" else "ein\n"
            (folder / f"{part}.{side}").write_text(f"a b\n{blank}a c\na b c\n")
    options = {**OPTIONS, "tokenizer": "words"}
    prepare_folder(find_sources(folder), tmp_path / "out", options, say=silent)
    found = open_prepared(tmp_path / "out")
    assert (*found.line_numbers("train"),) == (1, 3, 4)
    assert found.statistics[0].blank == 1
    assert found.statistics[1].read == 4


# === Encoding ===


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_pieces_that_are_looked_up_are_those_of_whole_lines(kind, corpus):
    lines = [*corpus.train.source, *corpus.train.target]
    tokenizer = SubwordTokenizer.train(lines, 150, at_most=True, kind=kind)
    chance = random.Random(0)
    odd = ["", " ", "  a  b ", "a\u2581b \u2581", "\u00a0x\ty", "x" * 90, "日本 語zz"]
    odd += ["".join(chance.choices("abö.  \u2581z9", k=12)) for _ in range(300)]
    encoder = PieceEncoder(tokenizer, kind)
    for _ in range(2):
        found = encoder.encode([*lines, *odd])
        plain = tokenizer.encode_ids([*lines, *odd])
        assert found.lengths.tolist() == [*map(len, plain)]
        assert found.ids.tolist() == [i for ids in plain for i in ids]


@pytest.mark.parametrize(("bits", "most"), [(20, 10**6), (7, 10**6), (20, 40)])
def test_words_are_found_among_words_that_differ_little(bits, most, monkeypatch):
    """In a table that is too small, too, and when words are forgotten."""
    monkeypatch.setattr(word_table, "BITS", bits)
    monkeypatch.setattr(word_table, "MOST_WORDS", most)
    monkeypatch.setattr(word_table, "LINES", 3)
    chance = random.Random(1)
    words = ["", "a", "a\0", "\0a", "ä" * 11 + "x", "ä" * 12, "z" * 23, "z" * 24]
    words += [
        "".join(chance.choices("ab\0", k=chance.randrange(40))) for _ in range(90)
    ]
    lines = [" ".join(chance.choices(words, k=n % 9)) for n in range(200)]
    table = word_table.WordTable(lambda new: [[*word.encode()] for word in new])
    for _ in range(2):
        ids, lengths = table.ids_of(lines)
        assert bytes(ids.tolist()) == "".join(lines).replace(" ", "").encode()
        assert lengths.tolist() == [len(x.replace(" ", "").encode()) for x in lines]


def test_words_are_numbered_as_they_come():
    found = WordEncoder(WordTokenizer("en")).encode(["A dog.", "", "The dog."])
    assert found.tokens == ["a", "dog", ".", "the"]
    assert found.ids.tolist() == [0, 1, 2, 3, 1, 2]
    assert found.lengths.tolist() == [3, 0, 3]


# === The sample ===


def test_a_small_corpus_is_its_own_sample():
    sample = Sample(10)
    sample.add([("a", "b", 1), ("c", "d", 2)])
    sample.add([("e", "f", 3)])
    assert sample.sides() == (("a", "c", "e"), ("b", "d", "f"))


def test_the_sample_is_that_of_algorithm_r_with_pythons_numbers():
    pairs, chance = [(str(n), str(-n)) for n in range(50)], random.Random(0)
    held = pairs[:7]
    for place, pair in enumerate(pairs[7:], 7):
        drawn = int(chance.random() * (place + 1))
        if drawn < 7:
            held[drawn] = pair
    sample = Sample(7)
    sample.add(pairs[:3])
    sample.add(pairs[3:])
    assert {*zip(*sample.sides(), strict=True)} == {*held}


def test_a_sample_is_even_and_does_not_depend_on_blocks():
    pairs = [(str(n), str(n), n) for n in range(1000)]
    drawn = []
    for size in (1000, 7):
        sample = Sample(100)
        for start in range(0, 1000, size):
            sample.add(pairs[start : start + size])
        drawn.append(sample.sides())
    assert drawn[0] == drawn[1]
    numbers = [*map(int, drawn[0][0])]
    assert numbers == sorted({*numbers})
    assert len(numbers) == 100
    assert 400 < np.mean(numbers) < 600


# === Several processes, interruptions ===


def test_two_processes_write_the_same_files(corpus, whole, tmp_path):
    prepared_in(tmp_path / "out", corpus, processes=2)
    assert content(tmp_path / "out") == whole


@pytest.mark.parametrize("writes", [2, 7, 12, 30])
def test_a_preparation_that_was_killed_ends_with_the_same_files(
    writes, corpus, whole, tmp_path, monkeypatch
):
    folder = tmp_path / "out"
    killed_after(writes, folder, corpus, monkeypatch)
    assert not (folder / layout.MANIFEST).exists()
    prepared_in(folder, corpus)
    assert content(folder) == whole


class Killed(BaseException):
    """As sudden as a kill: nothing is tidied."""


def killed_after(writes, folder, corpus, monkeypatch, restart=False):
    real, done = os.replace, []

    def replace(*paths):
        done.append(paths)
        if len(done) == writes:
            raise Killed
        real(*paths)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", replace)
        with pytest.raises(Killed):
            prepared_in(folder, corpus, restart=restart)


def test_shards_that_are_there_are_not_encoded_again(
    corpus, whole, tmp_path, monkeypatch
):
    folder, encoded = tmp_path / "out", []
    killed_after(9, folder, corpus, monkeypatch)
    there = {path.name for path in (folder / layout.SHARDS).glob("train*")}
    real = shards._write
    monkeypatch.setattr(
        shards, "_write", lambda path, *rest: encoded.append(path) or real(path, *rest)
    )
    prepared_in(folder, corpus)
    assert there
    assert not there & {path.name for path in encoded}
    assert content(folder) == whole


def test_shards_of_a_file_whose_blank_lines_changed_are_made_anew(
    tmp_path, monkeypatch
):
    """The pairs are the same, and their places and lines are not."""

    def write(blank_lines):
        lines = "".join(f"a b{n % 7} c{n % 5}\n" for n in range(200))
        (tmp_path / "text").mkdir(exist_ok=True)
        for name in ("train", "val", "test"):
            for side in ("de", "en"):
                text = "\n" * blank_lines * (name == "train") + lines
                (tmp_path / "text" / f"{name}.{side}").write_text(text)

    def prepare_there(folder):
        options = {**OPTIONS, "tokenizer": "words"}
        prepare_folder(find_sources(tmp_path / "text"), folder, options, say=silent)

    write(blank_lines=30)
    real, written = shards._write, []

    def killed(path, *rest):
        if len(written) == 2:
            raise Killed
        written.append(real(path, *rest))

    with monkeypatch.context() as patch:
        patch.setattr(shards, "_write", killed)
        with pytest.raises(Killed):
            prepare_there(tmp_path / "out")
    write(blank_lines=10)
    for name in ("out", "new"):
        prepare_there(tmp_path / name)
    assert content(tmp_path / "out") == content(tmp_path / "new")
    assert (*open_prepared(tmp_path / "out").line_numbers("train"),)[:2] == (11, 12)


def test_a_process_that_was_ended_from_outside_is_told_in_one_line():
    with (
        pytest.raises(InputError, match="the same command goes on, with fewer --proc"),
        shards.Pool(processes=1),
    ):
        raise BrokenProcessPool


# === What is refused ===


def test_the_same_command_again_changes_nothing(corpus, whole, tmp_path):
    """It removes what a kill left between the last file and the end."""
    prepared_in(tmp_path / "out", corpus)
    (tmp_path / "out" / layout.SHARDS).mkdir()
    (tmp_path / "out" / layout.SHARDS / "train-000000-ab.npz").touch()
    prepared_in(tmp_path / "out", corpus)
    assert content(tmp_path / "out") == whole


def test_other_text_or_options_are_refused_and_restart_replaces(
    corpus, whole, tmp_path
):
    folder = tmp_path / "out"
    prepared_in(folder, corpus)
    with pytest.raises(InputError, match="was prepared with another options; name"):
        prepared_in(folder, corpus, max_length=30)
    other = dataclasses.replace(corpus, test=corpus.validation)
    with pytest.raises(InputError, match="was prepared with another text_sha256"):
        prepared_in(folder, other)
    assert content(folder) == whole
    prepared_in(folder, other, restart=True)
    assert content(folder).keys() == whole.keys()
    assert content(folder) != whole


def test_a_folder_with_other_files_is_refused(corpus, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(
        InputError, match=r"holds thesis\.txt; name a folder that is new"
    ):
        prepared_in(tmp_path, corpus)


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize(
    "name", ["train.de", "validation.source.txt", "testimony", "shards/mine.tar"]
)
def test_files_that_a_preparation_did_not_make_are_kept(
    name, restart, corpus, tmp_path
):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    (tmp_path / layout.LOCK).touch()
    with pytest.raises(InputError, match=f"holds {name.split('/')[0]}; name a folder"):
        prepared_in(tmp_path, corpus, restart=restart)
    assert path.read_text() == "mine"


def test_a_restart_with_text_that_cannot_be_read_leaves_what_was_there(
    corpus, whole, tmp_path
):
    text, folder = tmp_path / "text", tmp_path / "out"
    text.mkdir()
    for part in ("train", "val", "test"):
        for side in ("de", "en"):
            (text / f"{part}.{side}").write_text("a b\n")
    (text / "test.en").write_bytes(b"a\xff\n")
    prepared_in(folder, corpus)
    with pytest.raises(InputError, match=r"test\.en, line 1, column 2"):
        prepare_folder(find_sources(text), folder, OPTIONS, 1, True, silent)
    assert content(folder) == whole


@pytest.mark.parametrize("writes", [1, 3, 6, 12])
def test_a_restart_that_was_killed_ends_with_the_same_files(
    writes, corpus, whole, tmp_path, monkeypatch
):
    folder = tmp_path / "out"
    prepared_in(folder, dataclasses.replace(corpus, test=corpus.validation))
    killed_after(writes, folder, corpus, monkeypatch, restart=True)
    prepared_in(folder, corpus, restart=(folder / layout.MANIFEST).exists())
    assert content(folder) == whole


def test_a_folder_that_is_not_finished_or_altered_is_refused(
    corpus, tmp_path, monkeypatch
):
    folder = tmp_path / "out"
    with pytest.raises(InputError, match="no prepared text; make it by: keras-nmt"):
        open_prepared(tmp_path)
    killed_after(9, folder, corpus, monkeypatch)
    with pytest.raises(InputError, match="is not finished; give the same command"):
        open_prepared(folder)
    prepared_in(folder, corpus)
    path = folder / layout.ids("train", "target")
    path.write_bytes(path.read_bytes()[:-2] + b"\x09\x00")
    with pytest.raises(
        InputError, match=r"train\.target\.ids: is cut short or altered"
    ):
        open_prepared(folder)
    path.unlink()
    with pytest.raises(InputError, match=r"train\.target\.ids: is missing"):
        open_prepared(folder)
    manifest = json.loads((folder / layout.MANIFEST).read_text())
    (folder / layout.MANIFEST).write_text(json.dumps({**manifest, "format": 0}))
    with pytest.raises(InputError, match="format 0, expected 1; prepare the text"):
        open_prepared(folder)
    (folder / layout.MANIFEST).write_text('{"format": 1}')
    with pytest.raises(InputError, match="is not of prepared text; name another fol"):
        prepared_in(folder, corpus, restart=True)


def test_a_recipe_that_needs_other_text_is_refused(corpus, tmp_path):
    found = prepared_in(tmp_path / "out", corpus)
    found.check_options("mine", OPTIONS)
    with pytest.raises(InputError, match="with max_length 40, and recipe mine has 50"):
        found.check_options("mine", {**OPTIONS, "max_length": 50})
