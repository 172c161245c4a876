"""Scripts of lines, and text without spaces between its words."""

import pytest

from keras_nmt.corpora.corpus import Corpus, ParallelText
from keras_nmt.preparation.in_memory import prepare
from keras_nmt.text.scripts import lacks_spaces, script_of, usual_script
from keras_nmt.text.tokenizer import SubwordTokenizer, WordTokenizer

pytestmark = pytest.mark.backend_free


@pytest.mark.parametrize(
    ("line", "script", "lacking"),
    [
        ("Ein Hund läuft.", "LATIN", False),
        ("Собака бежит.", "CYRILLIC", False),
        ("كلب يجري", "ARABIC", False),
        ("개가 뛴다.", "HANGUL", False),
        ("犬がイヌと走る。", "CJK", True),
        ("สุนัขวิ่ง", "THAI", True),
        ("iPhone 5 に", "LATIN", False),
        ("123 !", None, False),
    ],
)
def test_scripts(line, script, lacking):
    assert script_of(line) == script
    assert lacks_spaces([line]) == lacking


def test_scripts_of_languages():
    codes = ("de", "zh_TW", "jpn", "sr", "sr_Latn", "ar", "xx", "json")
    assert [usual_script(code) for code in codes] == [
        *("LATIN", "CJK", "CJK", "CYRILLIC", "LATIN", "ARABIC", None, None)
    ]


def test_words_of_text_without_spaces_are_subwords_and_a_line_says_so(caplog):
    text = ParallelText(
        ("犬が走る。", "猫が眠る。", "犬が眠る。") * 4,
        ("The dog runs.", "The cat sleeps.", "The dog sleeps.") * 4,
    )
    corpus = Corpus("toy", "th", "src", text, text, text)
    prepared = prepare(corpus, tokenizer="words", subword_vocabulary_size=30)
    assert isinstance(prepared.source.tokenizer, SubwordTokenizer)
    assert isinstance(prepared.target.tokenizer, WordTokenizer)
    assert prepared.target.tokenizer.language == "xx"
    assert prepared.source.decode(prepared.source.encode("猫が眠る。")) == "猫が眠る。"
    told = [x for x in caplog.messages if x.startswith(("source", "target"))]
    assert len(told) == 2
    assert "source (th): no spaces between words" in told[0]
    assert "subwords are learned instead" in told[0]
    assert "target (src): words are cut by the rules for any language" in told[1]
