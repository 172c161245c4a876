"""Parts taken away from train: seeded, disjoint in their sources, counted."""

import pytest

from keras_nmt.corpora.corpus import read_corpus
from keras_nmt.errors import InputError

pytestmark = pytest.mark.backend_free


@pytest.fixture
def table(tmp_path):
    def table(rows):
        path = tmp_path / "toy.tsv"
        path.write_text("".join(f"{a}\t{b}\n" for a, b in rows))
        return path

    return table


ROWS = [(f"Satz {n % 60}.", f"Sentence {n}.") for n in range(100)]
"""Forty sources come twice."""


def test_parts_share_no_source_and_lose_no_pair(table, caplog):
    corpus = read_corpus(table(ROWS), split=15)
    parts = [corpus.train, corpus.validation, corpus.test]
    assert [len(part) for part in parts] == [70, 15, 15]
    pairs = [
        pair for part in parts for pair in zip(part.source, part.target, strict=True)
    ]
    assert sorted(pairs) == sorted(ROWS)
    sources = [set(part.source) for part in parts]
    assert sum(map(len, sources)) == len(set.union(*sources)) == 60
    assert "15 pairs for validation and 15 pairs for test taken" in caplog.text


def test_the_same_pairs_are_taken_every_time_and_few_change_with_more_text(table):
    first = read_corpus(table(ROWS), split=15)
    assert read_corpus(table(ROWS), split=15).fingerprints() == first.fingerprints()
    more = read_corpus(table([*ROWS, ("Neu.", "New.")]), split=15)
    taken = {*first.validation.source, *first.test.source}
    still = {*more.validation.source, *more.test.source}
    assert len(taken & still) >= len(taken) - 2


def test_case_and_spaces_make_no_other_source(table):
    rows = [(x, str(n)) for n, x in enumerate(("Ein Hund", "ein  HUND") * 10)]
    rows += [(f"Satz {n}", "x") for n in range(40)]
    corpus = read_corpus(table(rows), split=10)
    sides = [
        part
        for part in (corpus.train, corpus.validation, corpus.test)
        if any(x.lower().startswith("ein") for x in part.source)
    ]
    assert len(sides) == 1


@pytest.mark.parametrize(
    ("count", "mend"),
    [(0, "--split 0: give at least 1"), (26, "52 of 100 pairs.*give 25 or less")],
)
def test_numbers_that_cannot_be(table, count, mend):
    with pytest.raises(InputError, match=mend):
        read_corpus(table(ROWS), split=count)


def test_only_what_is_missing_is_taken(tmp_path, caplog):
    for name, count in {"train": 40, "test": 5}.items():
        for language in ("de", "en"):
            lines = "".join(f"{name} {language} {n}\n" for n in range(count))
            (tmp_path / f"{name}.{language}").write_text(lines)
    corpus = read_corpus(tmp_path, split=10)
    assert [len(x) for x in (corpus.train, corpus.validation, corpus.test)] == [
        *(30, 10, 5)
    ]
    for language in ("de", "en"):
        (tmp_path / f"val.{language}").write_text("x\n")
    assert len(read_corpus(tmp_path, split=10).train) == 40
    assert "has validation and test; --split takes nothing" in caplog.text
