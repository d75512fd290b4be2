from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import BPE

from guandian.bundle import Bundle, shipped
from guandian.errors import GuandianError
from guandian.text.fewer_pieces import fewer_pieces
from guandian.text.pieces import Pieces

TEXTS = ["屏幕很清晰😀", "The keyboard is great, the keyboard!", "电池 5000 mAh"]
STRANGE = "魑魅 zymurgy"


@pytest.fixture(scope="module")
def tokenizer() -> Path:
    return Bundle.open(shipped()).tokenizer


def test_what_the_texts_need_stays_and_reads_as_before(tokenizer: Path) -> None:
    old = Pieces.from_file(tokenizer)
    fewer = fewer_pieces(tokenizer, TEXTS, 0.4)
    new = Pieces(Tokenizer.from_buffer(fewer.tokenizer))
    assert new.vocab_size == len(fewer.left) == round(0.4 * old.vocab_size)
    for name in ("cls_id", "sep_id", "pad_id", "unk_id", "mask_id"):
        assert fewer.left[getattr(new, name)] == getattr(old, name), name
    for text in TEXTS:
        before, after = old.encode(text), new.encode(text)
        assert fewer.left[after.ids].tolist() == before.ids.tolist()
        assert after.starts.tolist() == before.starts.tolist()
    names = Tokenizer.from_file(str(tokenizer)).get_vocab()
    again = Tokenizer.from_buffer(fewer.tokenizer).get_vocab()
    assert all(names[name] == fewer.left[number] for name, number in again.items())
    assert (np.diff(fewer.left) > 0).all()


def test_the_rest_is_spelled_by_what_is_left(tokenizer: Path) -> None:
    old = Pieces.from_file(tokenizer)
    new = Pieces(Tokenizer.from_buffer(fewer_pieces(tokenizer, TEXTS, 0.4).tokenizer))
    before, after = old.encode(STRANGE), new.encode(STRANGE)
    assert len(after) >= len(before)
    assert after.starts[0] == 0 and after.ends[-1] == len(STRANGE)


def test_special_tokens_outlive_everything(tokenizer: Path) -> None:
    fewer = fewer_pieces(tokenizer, [], 1e-9)
    assert len(fewer.left) < 10
    Pieces(Tokenizer.from_buffer(fewer.tokenizer)).encode("好")


def test_merged_pieces_are_refused(tmp_path: Path) -> None:
    Tokenizer(BPE({"a": 0, "b": 1, "ab": 2}, [("a", "b")])).save(str(tmp_path / "t.json"))
    with pytest.raises(GuandianError, match=r"merged from one another \(BPE\)"):
        fewer_pieces(tmp_path / "t.json", TEXTS, 0.5)
