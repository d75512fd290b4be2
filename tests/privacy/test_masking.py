"""Masked texts: tokens, the way back, pseudonyms, whole reviews."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guandian.domain import Review, Span
from guandian.errors import GuandianError
from guandian.privacy import MODES, DataType, Masking, Mode, find, mask, read_secret
from guandian.privacy.masking import find_tokens

SECRET = b"sixteen bytes or more"
VALUES = {
    DataType.MOBILE: "１３８ 0013 8000", DataType.LANDLINE: "0571-88157711",
    DataType.ID_CARD: "11010119900307002X", DataType.BANK_CARD: "6222 0212 3456 7890 128",
    DataType.PLATE: "京A12345", DataType.EMAIL: "a.b@qq.com",
    DataType.ADDRESS: "北京市朝阳区建国路88号院3号楼501室", DataType.NAME: "王丽华",
}  # fmt: skip
CUES = {DataType.NAME: "我叫"}
PIECES = [CUES.get(kind, "电话") + value for kind, value in VALUES.items()]
FILLER = st.sampled_from(
    ["屏幕很清晰😀，", "，", " ", "但是电池不耐用。", "\n", "❤️ ", "。订单没到，", ""]
)
TEXTS = st.lists(
    st.one_of(FILLER, st.sampled_from([f"，{piece}。" for piece in PIECES])), max_size=9
)


@pytest.mark.parametrize("text", ["", "屏幕很清晰😀", "The screen is sharp"])
@pytest.mark.parametrize("mode", MODES)
def test_nothing_personal_stays_as_it_is(text: str, mode: Mode) -> None:
    masked, alignment = mask(text, mode, SECRET)
    assert masked == text
    assert alignment.is_identity


@pytest.mark.parametrize("mode", ["mask", "pseudonym", "last4"])
@pytest.mark.parametrize("kind", VALUES)
def test_tokens_are_told_from_other_brackets(kind: DataType, mode: Mode) -> None:
    said = f"[笑]{CUES.get(kind, '电话')}{VALUES[kind]}，[phone] me [now]"
    masked, _ = mask(said, mode, SECRET)
    token, english = find_tokens(masked)
    assert token.of(masked) == masked[masked.index("[", 1) : masked.index("，")]
    assert english.of(masked) == "[phone]" and find_tokens("[电话]") and not find_tokens("[电话 1]")


@given(TEXTS.map("".join), st.sampled_from(["mask", "pseudonym", "last4"]))
def test_what_is_hidden_is_gone_and_the_rest_keeps_its_place(text: str, mode: Mode) -> None:
    found = find(text)
    masked, alignment = mask(text, mode, SECRET)
    hidden = {place for data in found for place in range(data.span.start, data.span.end)}
    for data in found:
        token = alignment.to_clean(data.span)
        assert token is not None
        assert token.of(masked).startswith("[") and token.of(masked).endswith("]")
        assert alignment.to_raw(token) == data.span
        assert data.span.of(text) not in masked or len(data.span.of(text)) == 1
    for place in set(range(len(text))) - hidden:
        clean = alignment.to_clean(Span(place, place + 1))
        assert clean is not None and clean.of(masked) == text[place]
        assert alignment.to_raw(clean) == Span(place, place + 1)


@given(TEXTS.map("".join), st.sampled_from(["mask", "pseudonym", "last4"]))
def test_a_masked_text_holds_nothing_personal(text: str, mode: Mode) -> None:
    masked, _ = mask(text, mode, SECRET)
    assert find(masked) == ()


@pytest.mark.parametrize(("kind", "value"), VALUES.items(), ids=lambda v: str(v)[:8])
def test_each_token_says_its_type(kind: DataType, value: str) -> None:
    text = f"😀{CUES.get(kind, '电话')}{value}。"
    (data,) = find(text)
    assert data.type is kind
    assert data.span.of(text) == value
    assert mask(text)[0] == f"😀{CUES.get(kind, '电话')}[{_token(kind)}]。"


def _token(kind: DataType) -> str:
    return {
        "mobile": "手机号", "landline": "电话", "id_card": "身份证号", "bank_card": "银行卡号",
        "plate": "车牌号", "email": "邮箱", "address": "地址", "name": "姓名",
    }[kind]  # fmt: skip


def test_english_text_has_english_tokens() -> None:
    assert mask("Call me at (415) 555-2671.")[0] == "Call me at [phone]."


def test_last_four_are_kept_of_numbers_alone() -> None:
    text = "电话138-0013-8000，身份证11010119900307002x，车京A12345，我叫王丽华，邮箱a.b@qq.com"
    assert mask(text, "last4")[0] == (
        "电话[手机号8000]，身份证[身份证号002X]，车[车牌号]，我叫[姓名]，邮箱[邮箱]"
    )
    assert mask("QQ：123456", "last4")[0] == "QQ：[QQ号]"  # four of six would tell most of it


def test_one_person_has_one_pseudonym() -> None:
    spellings = [
        "13800138000",
        "138 0013 8000",
        "１３８００１３８０００",
        "+86 13800138000",
        "一三八零零幺三八零零零",
    ]
    tokens = {mask(f"电话{number}", "pseudonym", SECRET)[0] for number in spellings}
    assert len(tokens) == 1
    (token,) = tokens
    assert mask("电话13900139000", "pseudonym", SECRET)[0] != token
    assert mask("电话13800138000", "pseudonym", b"another secret, as long")[0] != token
    assert "38000" not in token
    addresses = [mask(a, "pseudonym", SECRET)[0] for a in ("A.B@qq.com", "a.b@QQ.com")]
    assert addresses[0].lower() == addresses[1].lower()


def test_a_review_is_masked_in_every_column_of_its_person() -> None:
    text = "很好，打13800138000\n追评：我叫王丽华"
    review = Review(
        "1", text, product="X13800138000", user="小可爱",
        extra={
            "收货人": "张三", "手机号": "随便写的", "备注": "打13900139000", "规格": "红色 L",
            "订单号": "", "备注2": "😀",
        },
        parts={"评价": Span(0, 15), "追评": Span(16, len(text))},
    )  # fmt: skip
    masked = Masking("mask").review(review)
    assert masked.text == "很好，打[手机号]\n追评：我叫[姓名]"
    assert masked.user == "[用户]"
    assert masked.product == review.product  # what was bought is nobody's
    assert masked.extra == {
        "收货人": "[姓名]", "手机号": "[手机号]", "备注": "打[手机号]", "规格": "红色 L",
        "订单号": "", "备注2": "😀",
    }  # fmt: skip
    assert [span.of(masked.text) for span in masked.parts.values()] == [
        "很好，打[手机号]", "追评：我叫[姓名]",
    ]  # fmt: skip
    assert Masking("off").review(review) is review


def test_the_secret_is_never_shown(tmp_path: Path) -> None:
    masking = Masking("pseudonym", SECRET)
    assert "sixteen" not in repr(masking) + masking.fingerprint
    assert masking.fingerprint != Masking("pseudonym", SECRET + b"!").fingerprint
    key = tmp_path / "mask.key"
    key.write_bytes(SECRET + b"\n")
    assert read_secret(key) == SECRET


@pytest.mark.parametrize("content", [b"", b"short\n", None])
def test_a_bad_secret_is_refused(tmp_path: Path, content: bytes | None) -> None:
    key = tmp_path / "mask.key"
    if content is not None:
        key.write_bytes(content)
    with pytest.raises(GuandianError, match="secret"):
        read_secret(key)


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(GuandianError, match="there is no masking 'blur'"):
        mask("电话13800138000", "blur")  # type: ignore[arg-type]
