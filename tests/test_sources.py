"""What people's folders and files are read as: parts, languages, names."""

import os

import pytest

from keras_nmt.corpora.corpus import read_corpus
from keras_nmt.corpora.formats.pairs import Choice
from keras_nmt.corpora.naming import name_of
from keras_nmt.corpora.sources import find_sources
from keras_nmt.errors import InputError

pytestmark = pytest.mark.backend_free


@pytest.fixture
def make(tmp_path):
    """A function that writes files, `{name: content}`, to a folder called toy."""

    def make(*names, **contents):
        path = tmp_path / "toy"
        path.mkdir(exist_ok=True)
        for name in names:
            (path / name).write_text(f"{name} 1\n{name} 2\n")
        for name, content in contents.items():
            (path / name.replace("__", ".")).write_text(content)
        return path

    return make


def first_lines(sources):
    """`{part: (source, target)}` of the first pairs."""
    return {part: next(iter(pairs))[:2] for part, pairs in sources.parts.items()}


def test_opus_names_are_train(make):
    path = make("Books.de-en.de", "Books.de-en.en", "Books.de-en.ids", "README")
    for given in (path, path / "Books.de-en"):
        sources = find_sources(given)
        assert sources.languages == ("de", "en")
        assert first_lines(sources) == {
            "train": ("Books.de-en.de 1", "Books.de-en.en 1")
        }
    assert sources.name == "Books"
    with pytest.raises(InputError, match=r"no validation set; add .*--split 1000"):
        read_corpus(path)


def test_moses_names_with_parts(make):
    path = make(
        *(
            f"{prefix}.{x}"
            for prefix in ("europarl-v7.fr-en", "dev")
            for x in ("fr", "en")
        ),
        *(f"newstest{year}.{x}" for year in (2013, 2014) for x in ("fr", "en")),
    )
    sources = find_sources(path, test="test2014")
    assert first_lines(sources) == {
        "train": ("europarl-v7.fr-en.en 1", "europarl-v7.fr-en.fr 1"),
        "validation": ("dev.en 1", "dev.fr 1"),
        "test": ("newstest2014.en 1", "newstest2014.fr 1"),
    }
    with pytest.raises(InputError, match="--test names one of test2013, test2014"):
        find_sources(path)


def test_a_test_set_may_be_named_as_its_files_are(make):
    prefixes = ("a.de-en", "newstest2013", "newstest2014")
    path = make(*(f"{prefix}.{x}" for prefix in prefixes for x in ("de", "en")))
    sources = find_sources(path, test="newstest2014")
    assert first_lines(sources)["test"][0] == "newstest2014.de 1"


def test_a_test_set_of_wmt_is_not_passed_over_by_a_split(make, caplog):
    prefixes = ("train", "dev", "newstest2014")
    path = make(*(f"{prefix}.{x}" for prefix in prefixes for x in ("de", "en")))
    corpus = read_corpus(path, split=2)
    assert corpus.test.source[0] == "newstest2014.de 1"
    assert "--split takes nothing" in caplog.text


def test_parts_of_one_language_beside_a_table_are_named(make, caplog):
    path = make("test.de", "test.en", train__tsv="de\ten\nJa\tYes\n")
    find_sources(path)
    assert "not read: test.de, test.en; --test-source and --test-target" in caplog.text
    caplog.clear()
    find_sources(path, files={"test": (path / "test.de", path / "test.en")})
    assert "not read" not in caplog.text
    (path / "train.tsv").rename(path / "books.tsv")
    find_sources(path)
    assert "not read: test.de, test.en; --test-source" in caplog.text


def test_a_table_beside_moses_names_is_named(make, caplog):
    find_sources(make("a.de-en.de", "a.de-en.en", test__tsv="Ja\tYes\n"))
    assert "not read: test.tsv" in caplog.text


def test_files_that_a_mac_leaves_are_no_corpus(make):
    path = make(*(f"{x}Books.de-en.{y}" for x in ("", "._") for y in ("de", "en")))
    assert first_lines(find_sources(path))["train"][0] == "Books.de-en.de 1"


def test_notes_that_are_no_utf_8_are_no_candidate(make, caplog):
    path = make(deu__txt="Ja\tYes\n")
    (path / "notes.txt").write_bytes("für mich\n".encode("latin-1"))
    assert first_lines(find_sources(path)) == {"train": ("Ja", "Yes")}
    assert "notes.txt, line 1, column 2: byte 0xfc is not UTF-8" in caplog.text
    (path / "deu.txt").unlink()
    with pytest.raises(InputError, match=r"notes\.txt, line 1.*not UTF-8"):
        find_sources(path)


@pytest.mark.parametrize("absent", [0, 1])
def test_a_file_that_is_not_there_is_named(make, absent):
    path, files = make("a.de", "a.en"), ["a.de", "a.en"]
    files[absent] = "nope"
    files = [path / name for name in files]
    for part, given in (("train", None), ("test", path / "a")):
        with pytest.raises(InputError, match=r"toy/nope: no such file; check the path"):
            find_sources(given, files={part: files})


@pytest.mark.parametrize("given", ["", "train", "files"])
def test_columns_of_files_of_one_language_are_refused(make, given):
    path = make("train.de", "train.en")
    files = {"train": (path / "train.de", path / "train.en")}
    place = (None, files) if given == "files" else (path / given, None)
    said = "a file of one language has no columns; leave out --source-column and"
    with pytest.raises(InputError, match=said):
        find_sources(place[0], Choice(source_column="1"), files=place[1])


def test_a_name_of_a_test_set_that_nothing_reads_is_refused(make):
    path = make("train.de", "train.en", "test_a.de", "test_a.en")
    for part, given in (("train", None), ("test", path)):
        files = {part: (path / "train.de", path / "train.en")}
        with pytest.raises(InputError, match="--test test_a chooses among the test se"):
            find_sources(given, test="test_a", files=files)


def test_two_test_sets_of_one_name_are_both_named(make):
    """Neither may lend the other a side."""
    pairs = [f"newstest2014.{x}-en.{y}" for x in ("de", "fr") for y in (x, "en")]
    path = make("a.de-en.de", "a.de-en.en", "dev.de", "dev.en", *pairs)
    said = r"newstest2014\.de-en, newstest2014\.fr-en may each be test2014"
    with pytest.raises(InputError, match=said):
        find_sources(path)


def test_sides_of_two_pairs_of_languages_are_no_part(make):
    path = make(*(f"train.{x}-en.{y}" for x in ("de", "fr") for y in (x, "en")))
    with pytest.raises(InputError, match=r"train\.fr-en\.fr and train\.de-en\.en are"):
        find_sources(path, Choice(source_language="fr", target_language="en"))
    choice = Choice(source_language="de", target_language="en")
    assert first_lines(find_sources(path, choice))["train"][1] == "train.de-en.en 1"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (None, "no corpus; give the path of one"),
        ({"test": ("a", "b")}, "no corpus; give the path of one"),
        ({"val": ("a", "b")}, "files: no part 'val'; there are train, validation"),
    ],
)
def test_files_without_train_or_of_no_part_are_refused(files, said):
    with pytest.raises(InputError, match=said):
        find_sources(files=files)


def test_two_candidates_are_both_named(make):
    path = make("A.de-en.de", "A.de-en.en", "B.de-en.de", "B.de-en.en")
    with pytest.raises(InputError, match=r"A.de-en, B.de-en may each be train; name"):
        find_sources(path)
    assert first_lines(find_sources(path / "B.de-en"))["train"][0] == "B.de-en.de 1"


def test_a_folder_of_tables_has_parts_whose_columns_may_differ(make):
    path = make(
        train__csv="de,en\nJa,Yes\n",
        dev__csv="en,de\nNo,Nein\n",
        test_a__csv="de,en\nA,B\n",
    )
    sources = find_sources(path)
    assert sources.languages == ("de", "en")
    assert first_lines(sources) == {
        "train": ("Ja", "Yes"),
        "validation": ("Nein", "No"),
        "test": ("A", "B"),
    }
    make(train__tsv="Ja\tYes\n")
    with pytest.raises(
        InputError, match=r"train\.csv and train\.tsv may each be train"
    ):
        find_sources(path)


def test_the_only_table_of_a_folder_is_train(make, caplog):
    path = make(deu__txt="Ja\tYes\tlicence\n", README="no table\n")
    sources = find_sources(path)
    assert (sources.name, sources.languages) == ("deu", ("xx", "xx"))
    assert first_lines(sources) == {"train": ("Ja", "Yes")}
    assert "nothing tells the languages, which --source-language" in caplog.text
    make(other__tsv="Ja\tYes\n")
    with pytest.raises(
        InputError, match=r"deu\.txt, other\.tsv may each be the corpus"
    ):
        find_sources(path)


def test_a_table_beside_a_whole_folder_is_a_stray(make, caplog):
    parts = [f"{part}.{x}" for part in ("train", "val", "test") for x in ("de", "en")]
    sources = find_sources(make(*parts, train__csv="a,b\n"))
    assert first_lines(sources)["train"] == ("train.de 1", "train.en 1")
    assert "not read: train.csv" in caplog.text


def test_named_files_take_the_place_of_a_part(make):
    path = make("train.de", "train.en", "val.de", "val.en", "other", "another")
    files = {"test": (path / "other", path / "another")}
    corpus = read_corpus(path, files=files)
    assert corpus.test.source == ("other 1", "other 2")
    files["train"] = files.pop("test")
    sources = find_sources(files=files)
    assert (sources.name, sources.languages) == ("other", ("xx", "xx"))


def test_one_file_on_both_sides_is_refused(make):
    path = make("a.de")
    os.symlink(path / "a.de", path / "b.en")
    with pytest.raises(InputError, match=r"are the same file; give each language"):
        find_sources(files={"train": (path / "a.de", path / "b.en")})


def test_one_side_alone_is_told_its_mend(make):
    path = make("train.de")
    with pytest.raises(InputError, match=r"train\.de: is one side.*--train-target"):
        find_sources(path / "train.de")


def test_a_pipe_is_not_waited_for(make):
    path = make("a.en")
    os.mkfifo(path / "pipe.tsv")
    with pytest.raises(InputError, match=r"pipe\.tsv: not a regular file"):
        find_sources(path / "pipe.tsv")
    with pytest.raises(InputError, match=r"pipe\.tsv: not a regular file"):
        find_sources(files={"train": (path / "pipe.tsv", path / "a.en")})


def test_line_numbers_are_those_of_the_file(make):
    path = make(train__csv="de,en\n\nJa,Yes\n,\nNein,No\nDoch,Sure\n")
    files = {"validation": (path / "a", path / "b"), "test": (path / "a", path / "b")}
    make("a", "b")
    assert read_corpus(path / "train.csv", files=files).train.numbers == (3, 5, 6)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("data/deu.txt.gz", "deu"),
        ("data/Books.de-en", "Books"),
        ("data/news.v7.de-en.de", "news.v7"),
        ("data/train.csv", "data"),
        ("data/.hidden.tmx", "hidden"),
    ],
)
def test_names(path, name):
    assert name_of(path) == name
