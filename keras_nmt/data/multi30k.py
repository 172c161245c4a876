"""Multi30k task 1: 31,014 image captions, German and English.

Elliott, Frank, Sima'an and Specia 2016, https://arxiv.org/abs/1605.00459. The texts
are fetched from the data set's own repository and checked against known sums, since
a changed file would change every score without a word.
"""

import dataclasses
import hashlib
import http.client
import logging
import os
import pathlib
import tempfile
import urllib.request

import tqdm

from keras_nmt.data.corpus import read_corpus
from keras_nmt.errors import InputError

BASE_URL = "https://raw.githubusercontent.com/multi30k/dataset/master/data/task1/raw"
TEST_SET = "test_2016_flickr"
SHA256 = {
    "train.de.gz": "726e39b2fa9eb9ffb6dc763fb35a179f80fae06ffc5d28b6ace5faa883de28a6",
    "train.en.gz": "d79cfa999dd4c51d2cb42499b6796d5a882c3a8a961923c25a898c90f8bbd56f",
    "val.de.gz": "f0cba2f995189cf5770f29a8a9a537a3ad3f51657ad873405082ff6863a5e75a",
    "val.en.gz": "14f7d25ddd868909a9213e361768460edcacdd6ab9d1e77b92560dc10c10dc28",
    "test_2016_flickr.de.gz": (
        "9204244e408ccb38d2a55cfcd344df15005fc42a07a6e55ca6c52b6ababb8cc8"
    ),
    "test_2016_flickr.en.gz": (
        "611d361c6334bc7246101d48097c13cf5c4413c5befc793cc629934359d532d9"
    ),
}

_LOG = logging.getLogger("keras_nmt")
_SECONDS_TO_ANSWER = 30
_CHUNK = 1 << 16


def load(data_dir=None, base_url=BASE_URL):
    """Loads Multi30k, German to English; fetches it once where it is not at hand.

        >>> corpus = load()
        >>> len(corpus.train), len(corpus.validation), len(corpus.test)
        (29000, 1014, 1000)

    Args:
        data_dir: folder with the six files, plain or `.gz`. By default the folder
            that KERAS_NMT_DATA names; without one the files are downloaded into
            `datasets/multi30k` of Keras's own folder (KERAS_HOME or `~/.keras`).
        base_url: where the files are downloaded from.

    Raises:
        InputError: when the files are neither there nor to be had, or a download is
            not the file that it should be.
    """
    data_dir = data_dir or os.environ.get("KERAS_NMT_DATA")
    if data_dir:
        folder = pathlib.Path(data_dir)
        _warn_of_changes(folder)
    else:
        folder = _cache_folder()
        _download_missing(folder, base_url)
    corpus = read_corpus(folder, "de", "en", test=TEST_SET)
    return dataclasses.replace(corpus, name="multi30k")


def _warn_of_changes(folder):
    for name, expected in SHA256.items():
        path = folder / name
        if path.is_file() and _sha256(path) != expected:
            _LOG.warning("%s: not the published file; scores will differ", path)


def _cache_folder():
    try:
        home = os.environ.get("KERAS_HOME") or pathlib.Path.home() / ".keras"
    except RuntimeError:
        raise InputError(
            "this user has no home to keep Multi30k in; set HOME, or give --data-dir"
        ) from None
    return pathlib.Path(home) / "datasets" / "multi30k"


def _download_missing(folder, base_url):
    for name, expected in SHA256.items():
        path = folder / name
        if not path.is_file() or _sha256(path) != expected:
            _download(f"{base_url}/{name}", path, expected)


def _download(url, path, expected):
    """Fetches one file; it stands under its name only when whole and right."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            part = pathlib.Path(folder) / path.name
            _fetch(url, part)
            _check(part, url, expected)
            os.replace(part, path)
    except (OSError, http.client.HTTPException) as error:
        raise InputError(
            f"{url}: cannot be fetched to {path.parent} ({error}); fetch the files "
            "elsewhere and give their folder: --data-dir PATH or KERAS_NMT_DATA=PATH"
        ) from None


def _fetch(url, path):
    with (
        urllib.request.urlopen(url, timeout=_SECONDS_TO_ANSWER) as answer,
        open(path, "wb") as file,
        tqdm.tqdm(
            desc=path.name,
            total=int(answer.headers.get("Content-Length", 0)) or None,
            unit="B",
            unit_scale=True,
            disable=None,
        ) as bar,
    ):
        while chunk := answer.read(_CHUNK):
            file.write(chunk)
            bar.update(len(chunk))


def _check(path, url, expected):
    found = _sha256(path)
    if found != expected:
        raise InputError(
            f"{path.name} from {url}: expected SHA-256 {expected}, found {found}; "
            "the file was removed: try again, or give a good copy by --data-dir PATH"
        )


def _sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
