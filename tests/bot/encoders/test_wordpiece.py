"""Texts become the token numbers that the library `tokenizers` gives them."""

import random

import msgspec
import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from bot.encoders.wordpiece import WordPiece

LONGEST = 32
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = [
    *(
        "refund",
        "ship",
        "##ment",
        "##s",
        "how",
        "ek",
        "i",
        "istanbul",
        "cafe",
        "##i",
        "s",
        "##a",
        "步",
        "退",
        "款",
    ),
    *(chr(code) for code in range(33, 127)),
]


@pytest.fixture(scope="module")
def library() -> Tokenizer:
    words = dict.fromkeys([*SPECIAL, *map(str.lower, WORDS)])
    vocabulary = {word: number for number, word in enumerate(words)}
    made = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    made.add_special_tokens(SPECIAL)
    made.enable_truncation(LONGEST)
    return made


@pytest.fixture(scope="module")
def own(library: Tokenizer) -> WordPiece:
    read = WordPiece.read(library.to_str().encode(), LONGEST)
    assert read is not None
    return read


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "Refunds? How...", "shipment shipping", "Café İstanbul", "a\u0301b", "退款步ek", "ek步",
        "hi,\x0bhow\x0care\x85you\tnow\r\n", "re\u200bfund\u00a0how\u3000i", "[CLS] how [MASK]s [SEP",
        "😀ship👍🏽",
        "how " * 40, "s" * 100, "s" * 101, "$5.00 (it's)", "\ufffd\ue000how",
    ],
)  # fmt: skip
def test_every_kind_of_text(library: Tokenizer, own: WordPiece, text: str) -> None:
    assert own.encode(text) == library.encode(text).ids


def test_every_character_that_people_write(library: Tokenizer, own: WordPiece) -> None:
    ranges = (range(1, 0x0370), range(0x0370, 0x0530), range(0x2000, 0x2070), range(0x3000, 0xA000, 7))
    wrong = [
        code
        for codes in (*ranges, range(0xFF00, 0xFFF0), range(0x1F300, 0x1F650))
        for code in codes
        if own.encode(f"how{chr(code)}s") != library.encode(f"how{chr(code)}s").ids
    ]
    assert wrong == []


def test_texts_at_random(library: Tokenizer, own: WordPiece) -> None:
    dice = random.Random(7)
    parts = [*WORDS, " ", "  ", "[SEP]", "é", "ß", "，", "\u0301"]
    for _ in range(300):
        text = "".join(dice.choices(parts, k=dice.randrange(40)))
        assert own.encode(text) == library.encode(text).ids


def test_another_kind_of_vocabulary_is_left_to_the_library(library: Tokenizer) -> None:
    told = msgspec.json.decode(library.to_str())
    for name, value in (
        ("normalizer", {**told["normalizer"], "lowercase": False}),
        ("pre_tokenizer", {"type": "Whitespace"}),
        ("post_processor", None),
        ("model", {**told["model"], "type": "BPE"}),
        ("added_tokens", [*told["added_tokens"], {"id": 9, "content": "[ORDER]"}]),
    ):
        assert WordPiece.read(msgspec.json.encode({**told, name: value}), LONGEST) is None
