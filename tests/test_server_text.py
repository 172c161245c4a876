"""Text is cut into sentences and put together again; only sentences change."""

import random
import time

import pytest

from keras_nmt.serving.layout import Layout
from keras_nmt.serving.markup import split_markup
from tests.serving_stub import Upper

pytestmark = pytest.mark.backend_free

SYSTEM = Upper(longest=30)


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
        ("a\u2028b", ["a\u2028b"]),
    ],
)
def test_sentences_change_and_white_space_stays(text, sentences):
    assert Layout(text, SYSTEM).sentences == sentences
    assert translated(text) == text.upper()


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


@pytest.mark.parametrize("piece", ["<!--", "<a ", "</", "<![CDATA[", "&", "<a '"])
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


def test_candidates_join_and_none_is_given_twice():
    layout = Layout("Ja. Nein.", SYSTEM)
    found = layout.joined([[("y", -1.0)], [("n", -2.0), ("m", -3.0), ("n", -4.0)]])
    assert found == [("y n", -3.0), ("y m", -4.0)]


def test_candidates_without_a_score_give_none():
    assert Layout("Ja.", SYSTEM).joined([[("y", None)]]) == [("y", None)]
