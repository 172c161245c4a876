"""Chooses one of sacreBLEU's tokenizers for BLEU.

"13a" splits at spaces and punctuation. A line of Chinese is then one word, and BLEU is
0 or 100. sacreBLEU has other tokenizers for such languages; every signature names the
one that was used.
"""

import re

from sacrebleu.metrics import BLEU

from keras_nmt.errors import InputError, did_you_mean

DEFAULT = "13a"
_OF_LANGUAGES = {
    **dict.fromkeys(("zh", "zho", "chi", "cmn", "yue"), "zh"),
    **dict.fromkeys(("ja", "jpn"), "ja-mecab"),
    **dict.fromkeys(("ko", "kor"), "ko-mecab"),
}
_EXTRAS = {"ja-mecab": "ja", "ko-mecab": "ko"}


class MissingTokenizer(InputError):
    """sacreBLEU knows the tokenizer, but lacks a package or model for it."""


def tokenizer_of(language):
    """The name of the tokenizer for a language's code.

    >>> [tokenizer_of(code) for code in ("en", "zh-CN", "zh_Hans", "jpn")]
    ['13a', 'zh', 'zh', 'ja-mecab']
    """
    primary = re.split("[-_]", language or "")[0].lower()
    return _OF_LANGUAGES.get(primary, DEFAULT)


def tokenizer_in(signature):
    """The name of the tokenizer in a signature of BLEU; "13a" if it names none."""
    match = re.search(r"(?:^|\|)tok:([^|]+)", str(signature))
    name = match[1] if match else DEFAULT
    # Some tokenizers add a version to their name: tok:ja-mecab-0.996-IPA.
    fitting = [x for x in BLEU.TOKENIZERS if name == x or name.startswith(f"{x}-")]
    return max(fitting, key=len, default=name)


def tokenizer_of_run(scores):
    """The name of the tokenizer with which a run's scores were computed."""
    try:
        return tokenizer_in(scores["test"]["all"]["lowercased"]["bleu"]["signature"])
    except (KeyError, TypeError):
        return DEFAULT


def check_tokenizer(name):
    """Returns the name if the tokenizer can be used.

    Raises:
        InputError: sacreBLEU does not know the name.
        MissingTokenizer: a package or model that the tokenizer needs is missing.
    """
    if name not in BLEU.TOKENIZERS:
        known = list(BLEU.TOKENIZERS)
        raise InputError(
            f"--tokenize {name}: sacreBLEU has no such tokenizer"
            f"{did_you_mean(name, known)}; choose from {', '.join(known)}"
        )
    try:
        BLEU(tokenize=name)
    except (ImportError, OSError, RuntimeError, SystemExit) as error:
        if name in _EXTRAS:
            mend = f'get it with: pip install "sacrebleu[{_EXTRAS[name]}]"'
        else:
            cause = " ".join(str(error).split()) or type(error).__name__
            mend = f"its model could not be fetched ({cause})"
        raise MissingTokenizer(
            f"BLEU's tokenizer {name} is not installed: {mend}, "
            "or score with --tokenize char"
        ) from None
    return name
