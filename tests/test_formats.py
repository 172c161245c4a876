"""Readers of tables, JSON lines and TMX: what they give, and what they refuse."""

import json
import tracemalloc

import pytest

from keras_nmt.corpora.formats import tmx as formats_tmx
from keras_nmt.corpora.formats.opening import open_pairs
from keras_nmt.corpora.formats.pairs import Choice, OnceLog
from keras_nmt.errors import InputError

pytestmark = pytest.mark.backend_free


@pytest.fixture
def read(tmp_path):
    """A function that writes a file and gives its pairs, as tuples."""

    def read(name, content, **choice):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        read.reader = open_pairs(path, Choice(**choice), OnceLog())
        return [tuple(pair) for pair in read.reader]

    return read


def tmx(*units, head="", source="de"):
    body = "".join(
        "<tu>"
        + "".join(f'<tuv xml:lang="{x}"><seg>{text}</seg></tuv>' for x, text in unit)
        + "</tu>\n"
        for unit in units
    )
    return (
        f'<?xml version="1.0"?>\n{head}<tmx version="1.4"><header srclang="{source}"/>'
        f"<body>\n{body}</body></tmx>"
    )


# === Tables ===


def test_quotes_and_line_breaks_of_a_csv(read, caplog):
    content = 'de,en\n"Er: ""Ja"".","He: ""Yes""."\n"Zwei\r\nZeilen",Two\n\nDrei,3\n'
    assert read("a.csv", content) == [
        ('Er: "Ja".', 'He: "Yes".', 2),
        ("Zwei Zeilen", "Two", 3),
        ("Drei", "3", 6),
    ]
    assert "1 rows with line breaks or tabs made spaces (the first in line 3)" in (
        caplog.text
    )


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_csv_may_have_other_separators(read, separator):
    rows = ["Ja, doch.", "Yes"], ["Nein", "No"]
    content = "".join(f'"{a}"{separator}{b}\n' for a, b in rows)
    assert [pair[:2] for pair in read("a.csv", content)] == [tuple(x) for x in rows]


def test_quotes_of_a_tsv_are_text_unless_all_cells_have_them(read):
    assert read("a.tsv", '"Ja\tYes\nNein"\tNo\n') == [
        ('"Ja', "Yes", 1),
        ('Nein"', "No", 2),
    ]
    assert read("a.tsv", '"Ein ""Hund"""\t"A dog"\n') == [('Ein "Hund"', "A dog", 1)]


@pytest.mark.parametrize(
    ("header", "languages"),
    [
        ("de,en", ("de", "en")),
        ("German;English", ("de", "en")),
        ("source,target", (None, None)),
        ("id,text_de,text_en", ("de", "en")),
        ("English words/sentences,French words/sentences", ("en", "fr")),
    ],
)
def test_headers(read, header, languages):
    separator = ";" if ";" in header else ","
    row = separator.join("1ab"[-len(header.split(separator)) :])
    assert read("a.csv", f"{header}\n{row}\n") == [("a", "b", 2)]
    assert read.reader.languages == languages


@pytest.mark.parametrize("row", ["Ja,Yes", "Nein,No", "Hund,dog", "a,b"])
def test_short_words_are_no_header(read, row):
    assert len(read("a.csv", f"{row}\nAch,Oh\n")) == 2


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"source_language": "eng", "target_language": "fr_FR"}, ("b", "c")),
        ({"source_language": "fr", "target_column": None}, None),
        ({"source_column": "en", "target_column": "1"}, ("b", "a")),
        ({"source_column": "3", "target_column": "de"}, ("c", "a")),
    ],
)
def test_columns_by_language_name_and_number(read, choice, expected):
    content = "de,en,fr\na,b,c\n"
    if expected is None:
        with pytest.raises(InputError, match=r"line 1: columns de, en, fr; choose two"):
            read("a.csv", content, **choice)
    else:
        assert read("a.csv", content, **choice) == [(*expected, 2)]


def test_a_number_is_a_column_although_a_cell_holds_it(read):
    numbers = {"source_column": "1", "target_column": "2"}
    rows = "Hallo\tHello\t2\nJa\tYes\t1\n"
    assert read("a.tsv", rows, **numbers) == [("Hallo", "Hello", 1), ("Ja", "Yes", 2)]
    headed = "de\ten\t2\nJa\tYes\t1\n"
    assert read("a.tsv", headed, **numbers) == [("Ja", "Yes", 2)]
    named = "2\t1\nJa\tYes\n"
    assert read("a.tsv", named, **numbers) == [("Yes", "Ja", 2)]


def test_blank_rows_keep_their_place_but_before_all(read):
    rows = read("a.tsv", " \t \nJa\tYes\n\t\n\nNein\tNo\n")
    assert rows == [("Ja", "Yes", 2), ("", "", 3), ("Nein", "No", 5)]


@pytest.mark.parametrize(
    ("choice", "mend"),
    [
        (
            {"source_column": "enn", "target_column": "de"},
            "no column 'enn', did you mean",
        ),
        ({"source_column": "en"}, "one column is given; name both"),
        ({"source_column": "en", "target_column": "2"}, "'en' on both sides"),
        ({"source_language": "it"}, "no column of language it; .* de, en, fr"),
    ],
)
def test_columns_that_are_not_there(read, choice, mend):
    with pytest.raises(InputError, match=rf"a\.csv, line 1: .*{mend}"):
        read("a.csv", "de,en,fr\na,b,c\n", **choice)


def test_rows_of_another_width_are_dropped_and_counted(read, caplog):
    content = "Ja\tYes\nEin\tHund\tA dog\nNein\nDoch\tSure\n"
    assert [pair[2] for pair in read("a.tsv", content)] == [1, 4]
    assert "2 rows without 2 cells dropped (the first in line 2)" in caplog.text


@pytest.mark.parametrize(
    ("name", "content", "mend"),
    [
        ("a.csv", "", "a.csv: is empty"),
        ("a.csv", "de,en\n", "no row with text after the header"),
        ("a.tsv", "Ja\nNein\n", "line 1: one column; expected two, with tabs"),
        ("a.csv", 'de,en\nJa,Yes\n"Nein,No\n', "line 3: unexpected end of data; mend"),
        ("a.tsv", "Ja\tYes\rNein\tNo\n", 'line 1: a "\\\\r" within the line'),
        ("a.csv", "de,en\nf\u00fcr,for\n".encode("latin-1"), "line 2, column 2: byte"),
        ("a.tsv", "Ja\tYes\n".encode("utf-16"), "line 1, .* this is UTF-16; save"),
        ("a.tsv", "Ja\tYes\n".encode("utf-16-le"), "line 1: every second byte is 0"),
    ],
)
def test_tables_that_cannot_be_read(read, name, content, mend):
    with pytest.raises(InputError, match=mend):
        read(name, content)


def test_a_quote_that_is_never_closed_does_not_fill_the_memory(read, monkeypatch):
    monkeypatch.setattr("keras_nmt.corpora.formats.table.MAX_LINE_CHARACTERS", 1000)
    content = 'de,en\n"offen,x\n' + "Ja,Yes\n" * 1000
    with pytest.raises(InputError, match=r"line 2: a quote that opens .* 1,000 char"):
        read("a.csv", content)


# === JSON lines ===


def test_json_lines_with_keys_nested_or_not(read):
    pair = {"de": "Ja", "en": "Yes"}
    for content in (pair, {"translation": pair}, {"id": 1, "translation": pair}):
        assert read("a.jsonl", json.dumps(content)) == [("Ja", "Yes", 1)]
        assert read.reader.languages == ("de", "en")
    content = json.dumps({"meta": {"n": 1}, "src": {"text": "a"}, "tgt": {"text": "b"}})
    choice = {"source_column": "tgt.text", "target_column": "src.text"}
    assert read("a.jsonl", content, **choice) == [("b", "a", 1)]


def test_null_and_absent_values_are_blank(read):
    content = '{"de":"Ja","en":"Yes"}\n\n{"de":"Nein","en":null}\n{"en":"Oh\\n"}\n'
    assert read("a.jsonl", content) == [
        ("Ja", "Yes", 1),
        ("Nein", "", 3),
        ("", "Oh", 4),
    ]


def test_absent_values_and_halves_of_characters_are_counted(read, caplog):
    lines = ['{"de":"Ja","en":"Yes"}', '{"de":"a\\ud83d","en":null}', '{"en":"Oh"}']
    pairs = read("a.jsonl", "\n".join([*lines, '{"de":"\\ud83d\\ude00"}']))
    assert pairs[1:] == [("a\ufffd", "", 2), ("", "Oh", 3), ("😀", "", 4)]
    for said in (
        "2 objects without en, which is a blank side (the first in line 2)",
        "1 objects without de, which is a blank side (the first in line 3)",
        "1 texts with half of a surrogate pair, made U+FFFD (the first in line 2)",
    ):
        assert said in caplog.text


@pytest.mark.parametrize(
    ("content", "mend"),
    [
        ('{"de": "Ja", "en": 5}', "line 1: en is 5, not text"),
        ('{"de": "Ja", "en": "Yes"}\n{"de": "Ne', "line 2: is not JSON"),
        ('[{"de": "Ja", "en": "Yes"}]', r"line 1: expected an object.*jq -c '.\[\]'"),
        ("[\n{}]", r"line 1: is not JSON.*jq -c"),
        ("", "is empty"),
    ],
)
def test_json_that_cannot_be_read(read, content, mend):
    with pytest.raises(InputError, match=mend):
        read("a.jsonl", content)


# === TMX ===


def test_tmx_goes_from_the_language_of_its_header(read):
    content = tmx([("en-US", "Yes"), ("de-DE", "Ja")], head="<!DOCTYPE tmx SYSTEM 'x'>")
    assert read("a.tmx", content) == [("Ja", "Yes", 3)]
    assert read.reader.languages == ("de-DE", "en-US")
    assert read("a.tmx", content, target_language="deu") == [("Yes", "Ja", 3)]
    content = content.replace("?>", ' encoding="utf-16"?>', 1).encode("utf-16")
    assert read("a.tmx", content) == [("Ja", "Yes", 3)]


def test_of_three_languages_two_must_be_chosen(read):
    content = tmx([("de", "Ja"), ("en", "Yes"), ("fr", "Oui")], [("de", "x")])
    with pytest.raises(
        InputError, match="languages de, en, fr; choose two by --source"
    ):
        read("a.tmx", content)
    choice = {"source_language": "fra", "target_language": "EN"}
    assert read("a.tmx", content, **choice) == [("Oui", "Yes", 3)]
    with pytest.raises(InputError, match="no language it; there are de, en, fr"):
        read("a.tmx", content, source_language="it")


def test_inline_markup_is_dropped_and_counted(read, caplog):
    english = 'Click <bpt i="1">&lt;b&gt;</bpt>he<hi>re</hi><ept i="1">x</ept>\n  now'
    assert read("a.tmx", tmx([("de", "Klick"), ("en", english)])) == [
        ("Klick", "Click here now", 3)
    ]
    assert "3 inline tags dropped (the first in line 3)" in caplog.text


@pytest.mark.parametrize(
    ("segment", "text"),
    [
        ("one<ph>\n</ph>two", "one two"),
        ('one<ph x="1"/>two', "one two"),
        ("Yes.<ph/><ph/>No.", "Yes. No."),
        ("one <ph/>two<ph/>.", "one two."),
        ("(<ph/>one<ph/>)<ph/>", "(one)"),
        ("wo<ph>&lt;b/&gt;</ph>rd", "word"),
        ("wo<ph><sub>x</sub></ph>rd", "word"),
        ("wo<bpt> </bpt>rd", "word"),
    ],
)
def test_a_placeholder_without_a_code_parts_words(read, segment, text):
    assert read("a.tmx", tmx([("de", "x"), ("en", segment)])) == [("x", text, 3)]


def test_a_region_does_not_stand_for_the_other_side_and_is_counted(read, caplog):
    content = tmx(
        [("zh-CN", "a"), ("zh-TW", "b")],
        [("zh-TW", "c")],
        [("zh", "d"), ("zh-TW", "e")],
    )
    choice = {"source_language": "zh_CN", "target_language": "zh-TW"}
    assert read("a.tmx", content, **choice) == [("a", "b", 3), ("d", "e", 5)]
    assert "1 units with zh in place of zh_CN (the first in line 5)" in caplog.text
    assert "1 units without both languages dropped (the first in line 4)" in caplog.text


def test_languages_may_come_late_in_a_tmx(read, monkeypatch):
    monkeypatch.setattr(formats_tmx, "SAMPLE", 2)
    content = tmx(*[[("de", "Ja"), ("en", "Yes")]] * 3, [("fr", "Oui"), ("en", "Yes")])
    choice = {"source_language": "fr", "target_language": "en"}
    assert read("a.tmx", content, **choice) == [("Oui", "Yes", 6)]
    with pytest.raises(InputError, match="no unit has both it and en"):
        read("a.tmx", content, source_language="it", target_language="en")


def test_units_without_a_side_and_variants(read, caplog):
    content = tmx(
        [("de", "Farbe"), ("en-US", "color"), ("en-GB", "colour")], [("de", "allein")]
    )
    choice = {"source_language": "de", "target_language": "en-GB"}
    assert read("a.tmx", content, **choice) == [("Farbe", "colour", 3)]
    assert "1 units without both languages dropped (the first in line 4)" in caplog.text


def test_a_blank_variant_gives_way_to_one_with_text(read, caplog):
    content = tmx([("de", "Farbe"), ("en", " "), ("en", "colour")])
    assert read("a.tmx", content) == [("Farbe", "colour", 3)]
    assert "1 units with several variants: first with text taken" in caplog.text


def test_one_segment_is_not_both_sides(read, caplog):
    content = tmx([("pt-PT", "a"), ("pt-BR", "b")], [("pt", "c")])
    choice = {"source_language": "pt-PT", "target_language": "pt-BR"}
    assert read("a.tmx", content, **choice) == [("a", "b", 3)]
    assert "1 units without both languages dropped (the first in line 4)" in caplog.text
    assert "in place of" not in caplog.text


def test_columns_of_a_tmx_are_refused(read):
    with pytest.raises(InputError, match=r"a\.tmx: TMX has no columns; leave out"):
        read("a.tmx", tmx([("de", "a"), ("en", "b")]), source_column="de")


@pytest.mark.parametrize(
    ("content", "mend"),
    [
        (
            tmx(
                [("de", "&x;"), ("en", "b")],
                head='<!DOCTYPE tmx [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
            ),
            "line 2: the entity &x; is not read",
        ),
        (
            tmx([], head='<!DOCTYPE tmx [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'),
            "line 2: the entity &a; is not read",
        ),
        (
            tmx([("de", "&nbsp;")], head='<!DOCTYPE tmx SYSTEM "tmx14.dtd">'),
            "line 3: the entity &nbsp; is not read",
        ),
        (tmx([("de", "a"), ("en", "b")])[:-9], "line 4: not well-formed TMX"),
        ('<?xml version="1.0" encoding="Shift_JIS"?><tmx/>', "Shift_JIS|multi-byte"),
        ('<?xml version="1.0" encoding="nope"?><tmx/>', "nope.*; save it as UTF-8"),
        ("<html></html>", "the root is <html>, not <tmx>"),
        ("", "line 1: not well-formed TMX"),
        (tmx(), "no translation unit with text"),
    ],
)
def test_tmx_that_cannot_be_read(read, content, mend):
    with pytest.raises(InputError, match=mend):
        read("a.tmx", content)


# === All of them ===


def test_readers_hold_a_small_part_of_a_file(tmp_path):
    count, line = 3000, "Wort " * 40
    contents = {
        "a.csv": f"{line},{line}\n" * count,
        "a.jsonl": json.dumps({"de": line, "en": line}) + "\n",
        "a.tmx": tmx(*[[("de", line), ("en", line)]] * count),
    }
    contents["a.jsonl"] *= count
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
        reader = open_pairs(tmp_path / name, Choice(), OnceLog())
        size = len(content)
        tracemalloc.start()
        assert sum(1 for _ in reader) == count
        assert tracemalloc.get_traced_memory()[1] < size / 2, name
        tracemalloc.stop()


def test_a_reader_may_be_read_again_and_warns_once(read, caplog):
    read("a.csv", "de,en\r\nJa,Yes\r\n")
    assert [pair.source for pair in read.reader] == ["Ja"]
    assert sum("line ends" in message for message in caplog.messages) == 1


def test_an_unknown_format_is_named_with_those_that_are_known(read, tmp_path):
    with pytest.raises(InputError, match=r"a\.doc: no format.*\.csv, .*--train-source"):
        read("a.doc", "x")
