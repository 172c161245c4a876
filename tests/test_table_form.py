"""How a table is written is found from its first rows: separator, quotes, header."""

import pytest

from keras_nmt.corpora.formats.opening import open_pairs
from keras_nmt.corpora.formats.pairs import Choice, OnceLog

pytestmark = pytest.mark.backend_free


@pytest.fixture
def read(tmp_path):
    """A function that writes a file and gives its pairs of source and target."""

    def read(name, content, **choice):
        path = tmp_path / name
        path.write_text(content, newline="")
        read.reader = open_pairs(path, Choice(**choice), OnceLog())
        read.pairs = [*read.reader]
        return [tuple(pair[:2]) for pair in read.pairs]

    return read


def test_a_separator_that_cannot_read_the_rows_is_none(read):
    content = 'Ja, klar.;Yes sure.\n"Er sagte; nein";"He said; no"\nHallo;Hi\n'  #
    assert read("a.csv", content) == [
        ("Ja, klar.", "Yes sure."),
        ("Er sagte; nein", "He said; no"),
        ("Hallo", "Hi"),
    ]


def test_the_separator_makes_most_rows_as_wide_as_the_first(read, caplog):
    content = "Ja, klar.;Yes.\nNein.;No.;x\nGut, ja.;Good.\nHallo;Hi\n"
    assert read("a.csv", content) == [
        ("Ja, klar.", "Yes."),
        ("Gut, ja.", "Good."),
        ("Hallo", "Hi"),
    ]
    assert "1 rows without 2 cells dropped (the first in line 2)" in caplog.text


def test_a_fault_in_all_readings_leaves_the_header_its_separator(read):
    with pytest.raises(ValueError, match=r"line 3: .* mend the quotes"):
        read("a.csv", 'de;en\nJa;Yes\n"Nein" x;No\n')


def test_a_tsv_that_pandas_wrote_has_quotes(read):
    content = 'de\ten\n"Er sagte ""Ja""."\t"He said ""yes""."\nEin Hund\t"A dog\n'
    assert read("a.tsv", f'{content}barks."\n') == [
        ('Er sagte "Ja".', 'He said "yes".'),
        ("Ein Hund", "A dog barks."),
    ]


@pytest.mark.parametrize(
    ("content", "pairs"),
    [
        ('"Ja"\t"Yes"\n"Nein"\t"No"\n', [("Ja", "Yes"), ("Nein", "No")]),
        ('"de"\t"en"\nJa\tYes\n', [("Ja", "Yes")]),
        ('a\tb\n"Ein\nHund"\tA dog\n', [("a", "b"), ("Ein Hund", "A dog")]),
        ('a\tb\n"Ein\tHund"\tA dog\n', [("a", "b"), ("Ein Hund", "A dog")]),
    ],
)
def test_quotes_of_a_tsv_hold_cells(read, content, pairs):
    assert read("a.tsv", content) == pairs


def test_quotes_of_a_raw_tsv_are_text_and_are_told(read, caplog):
    content = '"Hallo!"\t"Hi!"\n"Ja", sagte er.\t"Yes", he said.\nGut\tGood\n'
    assert read("a.tsv", content) == [
        ('"Hallo!"', '"Hi!"'),
        ('"Ja", sagte er.', '"Yes", he said.'),
        ("Gut", "Good"),
    ]
    said = "1 rows with cells that look quoted, read as they are; if quotes hold cells"
    assert f"{said}, call the file .csv (the first in line 1)" in caplog.text


def test_quotes_that_come_late_in_a_tsv_are_told(read, caplog):
    rows = "".join(f"Satz {n}\tSentence {n}\n" for n in range(60))
    pairs = read("a.tsv", f'{rows}"Er sagte ""Ja""."\tHe did.\nHund\t"A dog\nruns."\n')
    assert pairs[60:] == [('"Er sagte ""Ja""."', "He did."), ("Hund", '"A dog')]
    assert "2 rows with cells that look quoted" in caplog.text
    assert "(the first in line 61)" in caplog.text


def test_spaces_may_follow_the_separators(read):
    content = '"de", "en"\n"Ein Hund, ja.", "A dog, yes."\n'
    assert read("a.csv", content) == [("Ein Hund, ja.", "A dog, yes.")]
    assert read.reader.languages == ("de", "en")
    content = 'Er sagte, "ja" oder so,He said\nGut, doch,Good\n'
    assert read("a.csv", content, source_column="2", target_column="3") == [
        ('"ja" oder so', "He said"),
        ("doch", "Good"),
    ]


@pytest.mark.parametrize("first", ["sep=;", "SEP=;", '"sep=;"'])
def test_the_line_that_tells_excel_the_separator_is_no_row(read, caplog, first):
    content = f'{first}\r\nde;en\r\n"Ja, klar";Yes\r\n'
    assert read("a.csv", content) == [("Ja, klar", "Yes")]
    assert read.pairs[0].number == 3
    assert "line 1 says that ';' is between cells" in caplog.text
    assert read("a.csv", "sep=:\nde:en\nJa:Yes\n") == [("Ja", "Yes")]


@pytest.mark.parametrize(
    ("header", "languages"),
    [
        ("Fr,En", ("fr", "en")),
        ("Ka,En", ("ka", "en")),
        ("English,Icelandic", ("en", "is")),
        ("Georgian,Khmer sentences", ("ka", "km")),
    ],
)
def test_headers_of_codes_and_names(read, header, languages):
    assert read("a.csv", f"{header}\na,b\n") == [("a", "b")]
    assert read.reader.languages == languages


@pytest.mark.parametrize("row", ["Ja,No.", "Id,Nr", "Fr,Fr", "Hi,Hallo"])
def test_words_of_two_letters_are_no_header(read, row):
    assert len(read("a.csv", f"{row}\nAch,Oh\n")) == 2


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_a_region_may_be_spelled_in_another_way(read, name):
    content = {
        "a.csv": "pt_BR,pt_PT\na,b\n",
        "a.jsonl": '{"pt_BR": "a", "pt_PT": "b"}\n',
    }[name]
    choice = {"source_language": "pt-PT", "target_language": "pt-br"}
    assert read(name, content, **choice) == [("b", "a")]
