"""Which files of a folder are a corpus, whatever lies beside them."""

import os
import pathlib

import pytest

from keras_nmt.corpora.layout import find_layout
from keras_nmt.errors import InputError

pytestmark = pytest.mark.backend_free

STRAYS = (
    "train.de~",
    "train.json",
    "train.tsv",
    "train.log",
    "train.md",
    "train.de.bak",
    "train.en.orig",
    ".train.de.swp",
)


@pytest.fixture
def layout(tmp_path):
    """A function that makes the `Layout` of a folder with these files."""

    def make(*names):
        for name in names:
            (tmp_path / name).write_text("a line\n")
        return find_layout(tmp_path)

    return make


def names(*languages, parts=("train", "val", "test")):
    return [f"{part}.{language}" for part in parts for language in languages]


@pytest.mark.parametrize("stray", STRAYS)
def test_a_stray_file_stops_nobody_and_is_named(layout, caplog, stray):
    found = layout(*names("de", "en"), stray)
    assert found.direction() == ("de", "en")
    found.note_ignored(("de", "en"))
    told = [] if stray.startswith(".") else [f"{found.folder}: not read: {stray}"]
    assert caplog.messages == told


@pytest.mark.parametrize("suffix", ["json", "tsv", "de~", "DE", "punctuation"])
def test_a_third_suffix_that_is_no_language_is_left_aside(layout, caplog, suffix):
    found = layout(*names("de", "en", suffix))
    assert found.direction() == ("de", "en")
    found.note_ignored(("de", "en"))
    assert f"test.{suffix}, train.{suffix}, val.{suffix}" in caplog.text


def test_a_third_language_is_asked_about_and_not_called_a_stray(layout, caplog):
    found = layout(*names("de", "en", "fr"))
    with pytest.raises(InputError, match=r"3 languages, de, en, fr.*--target-language"):
        found.direction()
    assert found.direction("fr", "en") == ("fr", "en")
    found.note_ignored(("fr", "en"))
    assert not caplog.records


def test_french_to_english_can_be_asked_for(layout):
    found = layout(*names("en", "fr"))
    assert found.direction() == ("en", "fr")
    assert found.direction("fr") == found.direction(None, "en") == ("fr", "en")


@pytest.mark.parametrize("name", ["val", "valid", "validation", "dev"])
def test_validation_has_several_names(layout, name):
    found = layout(*names("de", "en", parts=("train", name, "test")))
    languages = found.direction()
    assert found.validation(languages) == name


def test_two_validation_sets_are_refused_by_name(layout):
    found = layout(*names("de", "en", parts=("train", "dev", "valid", "test")))
    with pytest.raises(InputError, match=r"valid and dev are both names of the valid"):
        found.validation(found.direction())


@pytest.mark.parametrize(
    ("absent", "mend"),
    [("val", r"add val\.de and val\.en"), ("test", r"add test\.de and test\.en")],
)
def test_an_absent_part_is_to_be_added_on_both_sides(layout, absent, mend):
    parts = [part for part in ("train", "val", "test") if part != absent]
    found = layout(*names("de", "en", parts=parts))
    languages = found.direction()
    with pytest.raises(InputError, match=mend):
        found.validation(languages), found.test(languages)


def test_a_side_without_one_part_is_still_its_language(layout):
    found = layout(*names("de", "en"), "train.json")
    (found.folder / "val.en").unlink()
    found = find_layout(found.folder)
    assert found.direction() == ("de", "en")
    with pytest.raises(InputError, match=r"no val\.en; add that file"):
        found.path("val", "en")


def test_files_of_another_kind_are_told_how_to_name_them(layout):
    mend = r"found a\.doc, b\.doc; .*train\.xx, val\.xx and test\.xx"
    with pytest.raises(InputError, match=mend):
        layout("a.doc", "b.doc").direction()


@pytest.mark.parametrize(
    "form",
    ["{}.{}.txt", "{}.tok.{}", "{}.de-en.{}", "{}.{}.txt.zst"],
)
def test_longer_names_are_read_where_there_are_no_others(layout, form):
    parts = ("train", "val", "test")
    long = [form.format(part, x) for part in parts for x in ("de", "en")]
    found = layout(*long)
    assert found.direction() == ("de", "en")
    assert found.path("train", "en").name == form.format("train", "en")
    found = layout(*long, *names("cs", "fr"))
    assert found.direction() == ("cs", "fr")


@pytest.mark.parametrize(
    ("suffixes", "expected"),
    [
        (("DE", "EN"), ("DE", "EN")),
        (("EN", "de"), ("de", "EN")),
        (("eng", "deu"), ("deu", "eng")),
        (("en-US", "de-DE"), ("de-DE", "en-US")),
        (("deu", "fra"), ("deu", "fra")),
    ],
)
def test_suffixes_may_be_codes_in_any_form(layout, suffixes, expected):
    found = layout(*names(*suffixes))
    assert found.direction() == expected
    assert found.direction("de-AT")[0] == expected[0]
    assert found.direction(None, "ger")[1] == expected[0]


def test_a_script_may_be_spelled_in_another_way(layout):
    found = layout(*names("zh_Hans", "zh_Hant"))
    assert found.direction("zh-Hans") == ("zh_Hans", "zh_Hant")
    assert found.direction("ZH-hant", "zh-hans") == ("zh_Hant", "zh_Hans")


def test_sets_of_wmt_are_parts(layout):
    found = layout(*names("de", "en", parts=("train", "newsdev2016", "newstest2016")))
    languages = found.direction()
    assert found.validation(languages) == "val"
    assert found.path("val", "de").name == "newsdev2016.de"
    assert found.test(languages) == "test2016"
    assert found.test(languages, "newstest2016") == "test2016"
    assert found.path("test2016", "en").name == "newstest2016.en"


def test_sets_of_wmt_whose_place_is_taken_are_named(layout, caplog):
    news = names("de", "en", parts=("newsdev2015", "newsdev2016"))
    found = layout(*names("de", "en"), *news, "newstest2014.de", "newstest2015.json")
    languages = found.direction()
    assert found.validation(languages) == "val"
    assert found.test(languages) == "test"
    found.note_ignored(languages)
    (said,) = caplog.messages
    unread = sorted([*news, "newstest2014.de", "newstest2015.json"])
    assert said.endswith(f"not read: {', '.join(unread[:5])} and 1 more")


def test_an_unknown_test_set_is_met_with_those_that_are_there(layout, caplog):
    found = layout(*names("de", "en", parts=("train", "val", "test_a", "test_b")))
    languages = found.direction()
    assert found.test(languages, "test_b") == "test_b"
    with pytest.raises(InputError, match=r"did you mean test_b.*choose from test_a"):
        found.test(languages, "test_bb")
    with pytest.raises(InputError, match="no test set 'val'"):
        found.test(languages, "val")
    layout("test.de", "test.en")
    assert find_layout(found.folder).test(languages) == "test"
    assert "--test chooses another: test_a, test_b" in caplog.text


def test_a_folder_called_like_a_file_gives_way_to_the_file(layout):
    found = layout(*names("de", "en"))
    (found.folder / "train.en").rename(found.folder / "train.en.gz")
    (found.folder / "train.en").mkdir()
    found = find_layout(found.folder)
    assert found.path("train", "en").name == "train.en.gz"
    os.unlink(found.folder / "train.en.gz")
    with pytest.raises(InputError, match=r"train\.en: is a folder; put a file"):
        find_layout(found.folder).path("train", "en")


def test_an_absent_folder():
    with pytest.raises(InputError, match="nowhere: no such folder"):
        find_layout(pathlib.Path("nowhere"))
