import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from guandian.bundle import shipped
from guandian.errors import GuandianError
from guandian.text.pieces import Pieces

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
WORDS = ["▁", "▁good", "good", "▁scr", "een", "的", "▁屏", "幕", ",", "!", "...", "😀", "1", "▁5"]


def small_tokenizer() -> Tokenizer:
    """A unigram tokenizer of the XLM-R shape, small enough to read."""
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    vocabulary = [(piece, 0.0) for piece in SPECIAL]
    vocabulary += [(word, -2.0 - place / 10) for place, word in enumerate(WORDS)]
    vocabulary += [(letter, -9.0) for letter in letters]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=3, byte_fallback=False))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.add_special_tokens(SPECIAL)
    return tokenizer


def byte_tokenizer() -> Tokenizer:
    """A tokenizer of the GPT-2 shape: its tokens are of bytes, blanks among them."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=290,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([" good good 的的 ，，"] * 3, trainer)
    return tokenizer


@pytest.fixture(scope="module")
def pieces() -> Pieces:
    return Pieces(small_tokenizer())


def shown(pieces: Pieces, text: str) -> list[tuple[str, str | None]]:
    tokenizer = small_tokenizer()
    encoded = pieces.encode(text)
    return [
        (text[start:end], tokenizer.id_to_token(token))
        for token, start, end in zip(
            encoded.ids.tolist(), encoded.starts.tolist(), encoded.ends.tolist(), strict=True
        )
    ]


def test_characters_stand_alone_and_words_are_pieces(pieces: Pieces) -> None:
    assert shown(pieces, "good screen的屏幕good，😀15") == [
        ("good", "▁good"),
        ("scr", "▁scr"),
        ("een", "een"),
        ("的", "的"),
        ("屏", "▁屏"),  # only the marked form is known
        ("幕", "幕"),
        ("good", "good"),  # no space before it: the form inside a text
        ("，", ","),  # by the tokenizer's normaliser
        ("😀", "😀"),
        ("1", "1"),
        ("5", "▁5"),
    ]


def test_tokens_of_bytes_know_words_with_their_blank_and_characters_by_their_last_byte() -> None:
    tokenizer = byte_tokenizer()
    encoded = Pieces(tokenizer).encode("a good的屏😀good")
    parts = ["a good的屏😀good"[a:b] for a, b in zip(encoded.starts, encoded.ends, strict=True)]
    assert parts[:4] == ["a", "good", "的", "屏"]
    assert tokenizer.id_to_token(encoded.ids[1]) == "Ġgood"
    assert tokenizer.decode([encoded.ids[2]]) == "的"
    assert "".join(parts[5:]) == "good"  # within a text, without a blank
    assert encoded.ids[3] != encoded.ids[4]


def test_what_the_vocabulary_lacks_is_unknown(pieces: Pieces) -> None:
    assert shown(pieces, "鱻 😀…\ud83d ЖЖ") == [
        ("鱻", "<unk>"),
        ("😀", "😀"),
        ("…", "..."),
        ("\ud83d", "<unk>"),
        ("ЖЖ", "<unk>"),
    ]


def test_special_tokens_in_a_review_are_plain_text(pieces: Pieces) -> None:
    encoded = pieces.encode("😀</s><s>")
    assert not {pieces.cls_id, pieces.sep_id, pieces.pad_id} & set(encoded.ids.tolist())


def test_one_character_that_normalises_to_many_is_one_token(pieces: Pieces) -> None:
    assert [text for text, _ in shown(pieces, "aﬃb 😀")] == ["a", "ﬃ", "b", "😀"]
    assert [text for text, _ in shown(pieces, "e\u0301t")] == ["e\u0301", "t"]


def test_empty_and_blank(pieces: Pieces) -> None:
    assert len(pieces.encode("")) == len(pieces.encode(" \n\u3000")) == 0


TEXT = st.text(
    st.sampled_from("good screen的屏幕，。！😀👍\u200d\ufe0f 12.5\n\x00\ud800ﷺﬃЖée\u0301Ａ①カ한")
    | st.characters(),
    max_size=60,
)


UNIGRAM, BYTES = Pieces(small_tokenizer()), Pieces(byte_tokenizer())


def test_a_vocabulary_that_holds_the_sign_of_byte_tokens_is_not_of_bytes() -> None:
    tokenizer = small_tokenizer()
    tokenizer.add_tokens(["Ġ"])
    shipped_one = Pieces.from_file(shipped())
    for pieces in (Pieces(tokenizer), shipped_one):
        encoded = pieces.encode("屏幕Ġ\x7f😀")
        assert list(zip(encoded.starts.tolist(), encoded.ends.tolist(), strict=True)) == [
            (k, k + 1) for k in range(5)
        ]
    assert shipped_one.encode("Ġ").ids.tolist() != [shipped_one.unk_id]


@pytest.mark.parametrize("bytewise", [False, True])
@settings(max_examples=300)
@given(text=TEXT)
def test_tokens_are_ordered_and_cover_all_but_space(bytewise: bool, text: str) -> None:
    pieces = BYTES if bytewise else UNIGRAM
    text += "😀"
    encoded = pieces.encode(text)
    covered = [False] * len(text)
    before = 0
    for start, end in zip(encoded.starts.tolist(), encoded.ends.tolist(), strict=True):
        assert before <= start < end <= len(text)
        before = end
        covered[start:end] = [True] * (end - start)
    assert covered == [not character.isspace() for character in text]
    assert encoded.ids.min() >= 0
    assert encoded.ids.max() < pieces.vocab_size


def test_a_very_long_word_is_not_remembered(pieces: Pieces) -> None:
    word = "good" * 50_000
    encoded = pieces.encode(word + "😀")
    assert encoded.ends[-2] == len(word)
    assert len(encoded) == 50_001


def test_a_missing_or_wrong_file_says_so(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(GuandianError, match="no tokenizer at"):
        Pieces.from_file(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(GuandianError, match="not a tokenizer"):
        Pieces.from_file(tmp_path)
    with pytest.raises(GuandianError, match="special tokens"):
        Pieces(Tokenizer(models.Unigram([("a", 0.0)], unk_id=0, byte_fallback=False)))


def test_saved_and_read_again(tmp_path, pieces: Pieces) -> None:  # type: ignore[no-untyped-def]
    small_tokenizer().save(str(tmp_path / "tokenizer.json"))
    again = Pieces.from_file(tmp_path)
    text = "good屏幕😀 screen"
    assert again.encode(text).ids.tolist() == pieces.encode(text).ids.tolist()
