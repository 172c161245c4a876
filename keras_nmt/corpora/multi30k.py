"""Multi30k task 1: 31,014 image captions, German and English.

Elliott, Frank, Sima'an and Specia 2016, https://arxiv.org/abs/1605.00459. The files
are downloaded from the data set's repository. Their checksums are verified, because
other text would silently give other scores.
"""

import dataclasses
import http.client
import logging
import os
import pathlib
import tempfile
import urllib.request

import tqdm

from keras_nmt.corpora.corpus import read_corpus
from keras_nmt.errors import InputError
from keras_nmt.files import digest_of_file

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

NAME = "multi30k"
"""The name of the corpus with the published text, which compares with the writeup."""
OTHER_NAME = "multi30k_other"
"""The name of a corpus that is called multi30k but has other text."""
TEXT = {
    "train": {
        "source": "bab7b89eab55e633fd87076e1c505cb4f8b255f16d8fc2edc944b701a0597664",
        "target": "eb1d5451d3d893e3e1c37f2a45e16e07aaa33e1ce6434db73bf7a7f544803329",
    },
    "validation": {
        "source": "6ce33f4a842339e043198f7a0398c69bbe959493605cced44ec04be4af05e3d3",
        "target": "62f4d0185cace049700e6cda10858758973333aff401c502208c6a357e777595",
    },
    "test": {
        "source": "7062ca3572bd3fd90c6f0a9025b418adff8374ea0cc447598fe65a11afd18a68",
        "target": "1e4c3f07b478ed4ff0cd10a81b50072faea1aef49be7cbe02b136505e891f723",
    },
}
"""`Corpus.fingerprints()` of the published text, from German to English; they are the
same for plain and `.gz` files."""

_LOG = logging.getLogger("keras_nmt")
_SECONDS_TO_ANSWER = 30
_CHUNK = 1 << 16


def load(data_dir=None, base_url=BASE_URL):
    """Loads Multi30k, German to English; downloads it the first time.

        >>> corpus = load()
        >>> len(corpus.train), len(corpus.validation), len(corpus.test)
        (29000, 1014, 1000)

    Args:
        data_dir: folder with the six files, plain or `.gz`. The default is the folder
            that KERAS_NMT_DATA names. Without one the files are downloaded to
            `datasets/multi30k` in Keras's folder (KERAS_HOME or `~/.keras`).
        base_url: address of the folder to download from.

    Raises:
        InputError: a file is missing, cannot be downloaded, or has another checksum.
    """
    data_dir = data_dir or os.environ.get("KERAS_NMT_DATA")
    if data_dir:
        folder = pathlib.Path(data_dir)
    else:
        folder = _cache_folder()
        _download_missing(folder, base_url)
    corpus = read_corpus(folder, "de", "en", test=TEST_SET)
    return named_by_text(dataclasses.replace(corpus, name=NAME))


def named_by_text(corpus):
    """Renames a corpus that is called multi30k but has other text.

    The report compares runs on multi30k with the writeup, so only the published text
    may have that name. Other text (edited, or in the other direction) is renamed to
    `OTHER_NAME`, with a warning.
    """
    # Some file systems do not distinguish upper case from lower case.
    if corpus.name.lower() != NAME:
        return corpus
    found = corpus.fingerprints()
    differing = [part for part in TEXT if found[part] != TEXT[part]]
    if not differing:
        return dataclasses.replace(corpus, name=NAME)
    _LOG.warning(
        "corpus %s: not the published text from German to English (%s); its "
        "runs are called %s and are not compared with the writeup",
        *(corpus.name, ", ".join(differing), OTHER_NAME),
    )
    return dataclasses.replace(corpus, name=OTHER_NAME)


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
        if not path.is_file() or digest_of_file(path) != expected:
            _download(f"{base_url}/{name}", path, expected)


def _download(url, path, expected):
    """Downloads one file; it gets its name only after its checksum was verified."""
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
    found = digest_of_file(path)
    if found != expected:
        raise InputError(
            f"{path.name} from {url}: expected SHA-256 {expected}, found {found}; "
            "the file was removed: try again, or give a good copy by --data-dir PATH"
        )
