"""Text is cut into sentences and put together again; only sentences change."""

import random
import time

import pytest

from keras_nmt.serving.layout import Layout
from keras_nmt.serving.markup import split_markup
from tests.serving_stub import Upper

pytestmark = pytest.mark.backend_free


class Words(Upper):
    """Puts single spaces between words, as systems do."""

    def candidates(self, sentences, alternatives=False):
        sentences = [" ".join(sentence.split()) for sentence in sentences]
        return super().candidates(sentences, alternatives)


SYSTEM = Words(longest=30)


def translated(text, system=SYSTEM, **options):
    layout = Layout(text, system, **options)
    (found,) = layout.joined(system.candidates(layout.sentences))
    return found.text


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Er kam z.B. am 3. Mai. Gut!", ["Er kam z.B. am 3. Mai.", "Gut!"]),
        ("\n\n  Ja.\r\n\tNein. \n", ["Ja.", "Nein."]),
        ("", []),
        (" \n\u2028\n", []),
        ("a\u2028b", ["a", "b"]),
        ("Ja.\r\r\nNein.\x0b\x0cJa.\x85Nein.\u2029", ["Ja.", "Nein."] * 2),
    ],
)
def test_sentences_change_and_white_space_stays(text, sentences):
    assert Layout(text, SYSTEM).sentences == sentences
    assert translated(text) == text.upper()


@pytest.mark.parametrize(
    ("text", "is_html", "sentences"),
    [
        ("<b>Ja</b>, <i>nein</i>.", True, ["Ja", "nein"]),
        ("(<i>neu</i>)</p>", True, ["neu"]),
        ("<td>&lt; 5 &amp; %</td>", True, []),
        ("---\n😀 \U0001f1e9\U0001f1ea 12345\n\u200b\n3,5 %", False, []),
        ("Ja. 😀! Nein.", False, ["Ja.", "Nein."]),
        ("日本", False, ["日本"]),
    ],
)
def test_what_has_no_letters_is_not_translated(text, is_html, sentences):
    assert Layout(text, SYSTEM, is_html).sentences == sentences
    expected = text
    for sentence in sentences:
        expected = expected.replace(sentence, sentence.upper(), 1)
    assert translated(text, is_html=is_html) == expected


@pytest.mark.parametrize(
    ("text", "is_html", "expected"),
    [
        (
            "\u00a0Zehn\u00a0Hunde\u202fund\u2009ein Schnee\u00admann\u200b!",
            False,
            None,
        ),
        (
            "&nbsp;Zehn&nbsp;Hunde&#8239;und&thinsp;ein Schnee&shy;mann&#8203;!",
            True,
            None,
        ),
        ("\u200b Ja", False, "JA"),
        ("\ufeffJa", False, "JA"),
    ],
)
def test_typography_that_no_system_knows_becomes_plain(text, is_html, expected):
    if expected is None:
        expected = "\u00a0ZEHN HUNDE UND EIN SCHNEEMANN!"
    assert translated(text, is_html=is_html) == expected


@pytest.mark.parametrize(
    ("html", "sentences", "expected"),
    [
        ("Ein Hund\nläuft.", ["Ein Hund läuft."], "EIN HUND LÄUFT."),
        ("<p>\n  Ein\r\n\t Hund\n</p>", ["Ein Hund"], "<p>\n  EIN HUND\n</p>"),
        ("<pre>a\nb</pre>\nc", ["c"], "<pre>a\nb</pre>\nC"),
    ],
)
def test_line_breaks_of_html_are_spaces(html, sentences, expected):
    assert Layout(html, SYSTEM, is_html=True).sentences == sentences
    assert translated(html, is_html=True) == expected


NO = 'translate="no"'


@pytest.mark.parametrize(
    ("html", "texts"),
    [
        (f"<ul><li {NO}>a<li>b</ul><p>c", ["b", "c"]),
        ("<p class=notranslate>a<p>b</p><div>c</div>", ["b", "c"]),
        (f"<ul><li {NO}>a<ul><li>a<li>a</ul>a<li>b</ul>c", ["b", "c"]),
        (f"<table><tr><td {NO}><p>a<td>b<tr {NO}><td>a<tr><th>c</table>d", [*"bcd"]),
        (f"<table><thead {NO}><tr><th>a<tbody><tr><td>b</table>", ["b"]),
        (f"<dl><dt {NO}>a<dd>b<dd {NO}>a<dt>c</dl>", ["b", "c"]),
        (f"<select><option {NO}>a<option>b</select>c", ["b", "c"]),
        (f"<div><span {NO}>a<br>a</div>b", ["b"]),
        (f"<div {NO}><p>a<p>a<div>a</div>a</b>a</div>b", ["b"]),
        (f"<p {NO}>a<hr>b<p {NO}>a<h1>c</h1>", ["b", "c"]),
        (f"<p {NO}>a<button><p>a</button>a</p>b", ["b"]),
        ("<P TRANSLATE=NO>a<P title=\"x translate='no' \">b", ["b"]),
    ],
)
def test_what_is_not_translated_ends_with_its_element(html, texts):
    assert [text for is_text, text in split_markup(html) if is_text] == texts


@pytest.mark.parametrize(
    ("html", "texts"),
    [
        ("<!-- a > b -- > c --> d", [" d"]),
        ("<!-->a<!--->b<!-- c --!>d", ["a", "b", "d"]),
        ("a<!-- x", ["a"]),
        ("a<!-- <b>x</b>", ["a"]),
        ("<i>a</i> > b<b x", ["a", " > b"]),
        ("a</b", ["a"]),
        ("a<!b", ["a"]),
        ("a<?b", ["a"]),
        ("a <3 < b <", ["a <3 < b <"]),
        ("a<b title='>'>b<b title=c'>c", ["a", "b", "c"]),
        ("<script>a<b</script x>c<STYLE>d</styles></STYLE>e<script>f", ["c", "e"]),
    ],
)
def test_markup_ends_where_browsers_end_it(html, texts):
    assert [text for is_text, text in split_markup(html) if is_text] == texts


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>Ja &amp; nein</p>", "<p>JA &amp; NEIN</p>"),
        ('<P CLASS="a>b">ja</P >', '<P CLASS="a>b">JA</P >'),
        ("a<br/>b<!-- c --><b>d</b>", "A<br/>B<!-- c --><b>D</b>"),
        ("<script>a<b</script>c", "<script>a<b</script>C"),
        ("<pre>a</pre><code><i>b</i></code>c", "<pre>a</pre><code><i>b</i></code>C"),
        ('<i translate="no">a</i><b class="x notranslate">b</b>c', None),
        ("&lt;script&gt;x", "&lt;SCRIPT&gt;X"),
        ("2 < 3 & 4", "2 &lt; 3 &amp; 4"),
        ("<p>offen", "<p>OFFEN"),
        ("<!DOCTYPE html><?pi x?><title>t</title>\n", None),
    ],
)
def test_tags_stay_and_their_text_changes(html, expected):
    if html.startswith("<i translate"):
        expected = html[:-1] + "C"
    elif html.startswith("<!DOCTYPE"):
        expected = html.replace(">t<", ">T<")
    assert translated(html, is_html=True) == expected


def test_markup_that_is_broken_is_neither_lost_nor_doubled():
    draw = random.Random(0)
    pieces = ["<", ">", "</", "<!--", "-->", "<script>", "</script>", "&amp", ";", '"']
    pieces += ["<a href='", "a", " ", "\n", "<![CDATA[", "]]>", "<!", "<?", "&#", "é"]
    pieces += ["<![", "<![if", "]"]
    for _ in range(2000):
        html = "".join(draw.choices(pieces, k=draw.randrange(12)))
        assert "".join(part for _, part in split_markup(html)) == html


@pytest.mark.parametrize(
    "piece",
    [
        *("<!--", "<a ", "</", "<![CDATA[", "&", "<a '", "<a b= ", "<script>", "<b>"),
        *("<div></x>", "<p><button><b>"),
    ],
)
def test_hostile_markup_takes_no_quadratic_time(piece):
    for end in ("", ">", "'>"):
        begin = time.process_time()
        list(split_markup(piece * (20_000 // len(piece)) + end))
        assert time.process_time() - begin < 2


def test_a_run_of_white_space_takes_no_quadratic_time():
    text = " a" + 50_000 * " " + "b\t"
    begin = time.process_time()
    layout = Layout(text, SYSTEM)
    assert time.process_time() - begin < 2
    assert layout.sentences[0].startswith("a")


def test_a_sentence_that_is_too_long_is_divided_and_all_of_it_is_translated():
    text = "der hund läuft, " * 20 + "x" * 900
    sentences = Layout(text, SYSTEM).sentences
    assert all(SYSTEM.length(sentence) <= SYSTEM.longest for sentence in sentences)
    assert "".join(" ".join(sentences).split()) == "".join(text.split())
    assert all(sentence.endswith(",") for sentence in sentences[:3])


def test_what_has_no_letters_is_not_divided():
    assert translated("a -----", Upper(longest=2)) == "A -----"


def test_candidates_join_and_none_is_given_twice():
    layout = Layout("Ja. Nein.", SYSTEM)
    found = layout.joined([[("y", -1.0)], [("n", -2.0), ("m", -3.0), ("n", -4.0)]])
    assert found == [("y n", -3.0), ("y m", -4.0)]


def test_candidates_without_a_score_give_none():
    assert Layout("Ja.", SYSTEM).joined([[("y", None)]]) == [("y", None)]
