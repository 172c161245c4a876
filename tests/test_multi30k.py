"""Multi30k: fetched whole or not at all, and the counts that the writeup rests on."""

import gzip
import hashlib
import os
import pathlib

import pytest

from keras_nmt.corpora import multi30k
from keras_nmt.corpora.corpus import read_corpus
from keras_nmt.errors import InputError
from keras_nmt.text.processing import TextProcessor, encode_pairs, tokenize_pairs
from keras_nmt.text.tokenizer import WordTokenizer
from keras_nmt.text.vocabulary import Vocabulary

pytestmark = pytest.mark.backend_free

FIRST_NINE = (
    "a man in an orange hat starring at something .",
    "a boston terrier is running on lush green grass in front of a white fence .",
    "a girl in karate uniform breaking a stick with a front kick .",
    "people are fixing the roof of a house .",
    "a group of people standing in front of an igloo .",
    "a guy works on a building .",
    "a man in a vest is sitting in a chair and holding magazines .",
    "a mother and her young song enjoying a beautiful day outside .",
    "a woman holding a bowl of food in a kitchen .",
)


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A folder that stands for the data set's repository, and an empty cache."""
    folder = tmp_path / "remote"
    folder.mkdir()
    sums = {}
    for name in multi30k.SHA256:
        content = gzip.compress(f"{name}\n".encode(), mtime=0)
        (folder / name).write_bytes(content)
        sums[name] = hashlib.sha256(content).hexdigest()
    monkeypatch.setattr(multi30k, "SHA256", sums)
    text = read_corpus(folder, test=multi30k.TEST_SET).fingerprints()
    monkeypatch.setattr(multi30k, "TEXT", text)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("KERAS_NMT_DATA", raising=False)
    return folder


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "home" / "datasets" / "multi30k"


def test_six_files_are_fetched_into_the_keras_folder(server, cache):
    corpus = multi30k.load(base_url=server.as_uri())
    assert (corpus.name, corpus.source_language, corpus.target_language) == (
        "multi30k",
        "de",
        "en",
    )
    assert corpus.train.source == ("train.de.gz",)
    assert corpus.test.target == ("test_2016_flickr.en.gz",)
    assert {path.name for path in cache.iterdir()} == set(multi30k.SHA256)


def test_files_at_hand_are_not_fetched_again(server, cache):
    multi30k.load(base_url=server.as_uri())
    written = {path: path.stat().st_mtime_ns for path in cache.iterdir()}
    multi30k.load(base_url="file:///nowhere")
    assert {path: path.stat().st_mtime_ns for path in cache.iterdir()} == written


def test_a_damaged_file_in_the_cache_is_fetched_again(server, cache):
    multi30k.load(base_url=server.as_uri())
    (cache / "val.en.gz").write_bytes(b"half")
    assert multi30k.load(base_url=server.as_uri()).validation.target == ("val.en.gz",)


def test_a_wrong_download_is_removed(server, cache):
    (server / "train.de.gz").write_bytes(b"changed")
    found = hashlib.sha256(b"changed").hexdigest()
    with pytest.raises(InputError) as error:
        multi30k.load(base_url=server.as_uri())
    for part in ("train.de.gz", multi30k.SHA256["train.de.gz"], found, "--data-dir"):
        assert part in str(error.value)
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("base_url", ["file:///nowhere", "http://127.0.0.1:9"])
def test_without_a_network_the_mend_is_told(server, cache, base_url):
    with pytest.raises(InputError, match="--data-dir PATH or KERAS_NMT_DATA=PATH"):
        multi30k.load(base_url=base_url)
    assert list(cache.iterdir()) == []


def test_a_folder_is_read_where_it_stands(server, cache, caplog, monkeypatch):
    assert multi30k.load(server).name == "multi30k"
    monkeypatch.setenv("KERAS_NMT_DATA", str(server))
    assert multi30k.load(base_url="file:///nowhere").train.target == ("train.en.gz",)
    assert not cache.exists()
    assert not caplog.records


def test_the_folder_may_hold_plain_files_and_other_test_sets(server):
    plain = server / "train.de"
    plain.write_bytes(gzip.decompress((server / "train.de.gz").read_bytes()))
    (server / "train.de.gz").unlink()
    for language in ("de", "en"):
        (server / f"test.{language}").write_text("another\n")
    corpus = multi30k.load(server)
    assert corpus.train.source == ("train.de.gz",)
    assert corpus.test.source == ("test_2016_flickr.de.gz",)


def test_a_changed_text_has_another_name(server, caplog):
    (server / "val.de.gz").write_bytes(gzip.compress(b"other\n"))
    corpus = multi30k.load(server)
    assert corpus.validation.source == ("other",)
    assert corpus.name == "multi30k_other"
    (message,) = caplog.messages
    assert "(validation); its runs are called multi30k_other" in message


def test_an_incomplete_folder(server):
    (server / "val.de.gz").unlink()
    with pytest.raises(InputError, match=r"no val\.de; add that file"):
        multi30k.load(server)


@pytest.fixture(scope="module")
def published():
    if "KERAS_NMT_DATA" not in os.environ:
        pytest.skip("set KERAS_NMT_DATA to a folder with Multi30k to run this")
    return multi30k.load(pathlib.Path(os.environ["KERAS_NMT_DATA"]))


def test_the_published_text_has_the_known_fingerprints(published):
    assert published.name == "multi30k"
    assert published.fingerprints() == multi30k.TEXT


def test_the_protocol_in_numbers(published):
    german = WordTokenizer("de", newline_token=True)
    english = WordTokenizer("en", newline_token=True)
    parts = published.train, published.validation, published.test
    assert [len(part) for part in parts] == [29_000, 1_014, 1_000]

    train, validation, test = (tokenize_pairs(part, german, english) for part in parts)
    source = TextProcessor(german, Vocabulary.build(train.source))
    target = TextProcessor(english, Vocabulary.build(train.target))
    assert (len(source.vocabulary), len(target.vocabulary)) == (7_854, 5_894)

    kept = [
        encode_pairs(part, source, target, max_length=20)
        for part in (train, validation, test)
    ]
    assert [len(part) for part in kept] == [24_240, 840, 857]
    first = [test.target[index] for index in kept[2].kept[:9]]
    assert first == [[*line.split(), "\n"] for line in FIRST_NINE]
