"""Model tokens with character offsets: a Han character a token, a Latin word its pieces.

The tokenizer's own pieces cut through Chinese opinion words, so every Han character, kana,
emoji, digit and punctuation mark is a token of its own here; only words of alphabetic scripts
are left to the tokenizer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.pre_tokenizers import Metaspace

from guandian.errors import GuandianError
from guandian.text.segmentation import WORD

_MARK = "▁"  # how XLM-R and its kin write "a word begins here"
_TWO_BYTES = "é"  # which GPT-2 and its kin, whose tokens are of bytes, write as two others
_NO_TOKEN = -1
_MOST_CHARACTERS = 1 << 16  # remembered, so that hostile text cannot fill the memory
_MOST_WORDS = 1 << 16
_LONGEST_REMEMBERED = 40

_PLACES = np.arange(1 << 12, dtype=np.int32)
_PLACES.flags.writeable = False  # what is cut out of it is shared by all texts

# What the families call the tokens before, behind, beside and instead of a text.
_FIRST = ("<s>", "[CLS]", "<bos>", "<|begin_of_text|>", "<|im_start|>", "<|endoftext|>")
_LAST = ("</s>", "[SEP]", "<eos>", "<|end_of_text|>", "<|im_end|>", "<|endoftext|>")
_PADDING = ("<pad>", "[PAD]", "<|finetune_right_pad_id|>", "<|endoftext|>")
_UNKNOWN = ("<unk>", "[UNK]")
_MASK = ("<mask>", "[MASK]")

Word = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """The tokens of one text, without special tokens; three int32 arrays of shape [tokens].

    Attributes:
        ids: vocabulary ids.
        starts: where each token begins, in code points of the text.
        ends: where it ends (half-open). Tokens are in order, never empty, never overlap.
    """

    ids: NDArray[np.int32]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.ids)


class _Characters(dict[str, int]):
    """Character -> id, filled as characters are met."""

    def __init__(self, tokenizer: Tokenizer, unk_id: int, bytewise: Tokenizer | None) -> None:
        super().__init__()
        self._bytewise = bytewise
        self._vocabulary: dict[str, int] = tokenizer.get_vocab(with_added_tokens=False)
        self._normalizer = tokenizer.normalizer
        self._unk_id = unk_id

    def __missing__(self, character: str) -> int:
        token = self._look_up(character)
        if len(self) < _MOST_CHARACTERS:
            self[character] = token
        return token

    def _look_up(self, character: str) -> int:
        if character.isspace():
            return _NO_TOKEN
        if "\ud800" <= character <= "\udfff":
            return self._unk_id  # a lone surrogate has no UTF-8 to look up
        if self._bytewise is not None:
            # A rare character is several tokens of bytes; the last tells it from its neighbours.
            return self._bytewise.encode(character).ids[-1]
        plain = character
        if self._normalizer is not None:
            plain = self._normalizer.normalize_str(character).strip()
        for form in (character, _MARK + character, plain, _MARK + plain, plain[:1]):
            if form and form != _MARK and form in self._vocabulary:
                return self._vocabulary[form]
        return self._unk_id


class Pieces:
    """Splits clean text into model tokens.

    Args:
        tokenizer: a loaded tokenizer of an encoder (BERT, RoBERTa, XLM-R, ...) or of a decoder
            (GPT-2, Llama, Qwen, Gemma, ...), with the special tokens of its family.

    Attributes:
        cls_id, sep_id, pad_id, unk_id: the special tokens' ids.
        mask_id: of the token that masks others; where there is none, `unk_id`.
        vocab_size: how many ids there are, added tokens included.

    Raises:
        GuandianError: the tokenizer has no such special token.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.cls_id = _special(tokenizer, *_FIRST)
        self.sep_id = _special(tokenizer, *_LAST)
        self.pad_id = _special(tokenizer, *_PADDING, *_LAST)
        self.unk_id = _special(tokenizer, *_UNKNOWN, *_LAST)
        self.mask_id = _special(tokenizer, *_MASK, *_UNKNOWN, *_LAST)
        self.vocab_size: int = tokenizer.get_vocab_size()
        self._mark_id = tokenizer.token_to_id(_MARK)
        self._bytewise = _of_bytes(tokenizer)
        # Rebuilt from their parts: no special tokens read out of the text, no truncation.
        self._beginning = Tokenizer(tokenizer.model)
        self._inside = Tokenizer(tokenizer.model)
        for copy in (self._beginning, self._inside):
            if tokenizer.normalizer is not None:
                copy.normalizer = tokenizer.normalizer
            if tokenizer.pre_tokenizer is not None:
                copy.pre_tokenizer = tokenizer.pre_tokenizer
        if isinstance(tokenizer.pre_tokenizer, Metaspace):
            self._inside.pre_tokenizer = Metaspace(_MARK, prepend_scheme="never")
        bytewise = self._inside if self._bytewise else None
        self._characters = _Characters(tokenizer, self.unk_id, bytewise)
        self._word = lru_cache(_MOST_WORDS)(self._encode_word)

    @classmethod
    def from_file(cls, path: str | Path) -> Pieces:
        """Read a `tokenizer.json`, or the folder that holds one.

        Raises:
            GuandianError: there is no such file, or it is not a tokenizer.
        """
        file = Path(path)
        if file.is_dir():
            file = file / "tokenizer.json"
        if not file.is_file():
            raise GuandianError(f"no tokenizer at {file}", "give a folder with a tokenizer.json")
        try:
            tokenizer = Tokenizer.from_file(str(file))
        except Exception as error:  # the library raises plain Exception
            raise GuandianError(f"{file} is not a tokenizer: {error}") from error
        return cls(tokenizer)

    def encode(self, text: str) -> Encoded:
        """Split `text` into tokens; white space gives none, anything else is in exactly one."""
        if len(text) < len(_PLACES) and WORD.search(text) is None:
            return self._encode_characters(text)
        ids: list[int] = []
        starts: list[int] = []
        ends: list[int] = []
        reached = 0
        for match in WORD.finditer(text):
            start, end = match.span()
            self._single(text, reached, start, ids, starts, ends)
            begins = start == 0 or text[start - 1].isspace()
            encode = self._word if end - start <= _LONGEST_REMEMBERED else self._encode_word
            word_ids, word_starts, word_ends = encode(match.group(), begins)
            ids += word_ids
            starts += [start + offset for offset in word_starts]
            ends += [start + offset for offset in word_ends]
            reached = end
        self._single(text, reached, len(text), ids, starts, ends)
        return Encoded(_array(ids), _array(starts), _array(ends))

    def _encode_characters(self, text: str) -> Encoded:
        """The tokens of a text without a word: most Chinese reviews, from a table alone."""
        tokens = list(map(self._characters.__getitem__, text))
        ids = _array(tokens)
        if _NO_TOKEN not in tokens:
            return Encoded(ids, _PLACES[: len(tokens)], _PLACES[1 : len(tokens) + 1])
        starts = np.flatnonzero(ids != _NO_TOKEN).astype(np.int32)
        return Encoded(ids[starts], starts, starts + np.int32(1))

    def _single(
        self, text: str, start: int, end: int, ids: list[int], starts: list[int], ends: list[int]
    ) -> None:
        """Append the characters `start` to `end` of `text`, each a token."""
        characters = self._characters
        for offset in range(start, end):
            token = characters[text[offset]]
            if token != _NO_TOKEN:
                ids.append(token)
                starts.append(offset)
                ends.append(offset + 1)

    def _encode_word(self, word: str, begins: bool) -> Word:
        """Ids, starts and ends of a word's pieces; together they cover all of it."""
        blank = " " if begins and self._bytewise else ""
        encoding = (self._beginning if begins else self._inside).encode(blank + word)
        ids: list[int] = []
        starts: list[int] = []
        for token, (first, _) in zip(encoding.ids, encoding.offsets, strict=True):
            start = max(0, first - len(blank))
            # A bare mark covers nothing, nor do a ligature's second and third piece.
            if token != self._mark_id and (not starts or start > starts[-1]):
                ids.append(token)
                starts.append(start if starts else 0)
        if not ids:
            return (self.unk_id,), (0,), (len(word),)
        return tuple(ids), tuple(starts), (*starts[1:], len(word))


def _of_bytes(tokenizer: Tokenizer) -> bool:
    cut = tokenizer.pre_tokenizer
    return cut is not None and _TWO_BYTES not in cut.pre_tokenize_str(_TWO_BYTES)[0][0]


def _special(tokenizer: Tokenizer, *names: str) -> int:
    for name in names:
        token = tokenizer.token_to_id(name)
        if token is not None:
            return int(token)
    raise GuandianError(
        f"the tokenizer has none of the special tokens {', '.join(names)}",
        "choose a model whose tokenizer has one of them",
    )


def _array(values: Sequence[int]) -> NDArray[np.int32]:
    return np.array(values, dtype=np.int32)
