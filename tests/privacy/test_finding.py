"""What is found of personal data, at which code points, and what is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guandian.privacy import DataType, find


def held(text: str) -> list[tuple[str, str]]:
    return [(data.type.value, data.span.of(text)) for data in find(text)]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("😀电话13800138000，谢谢", "mobile", "13800138000"),
        ("我手机是１３８-００１３-８０００😀", "mobile", "１３８-００１３-８０００"),
        ("打一三八零零幺三八零零零找我", "mobile", "一三八零零幺三八零零零"),
        ("+86 138 0013 8000", "mobile", "+86 138 0013 8000"),
        ("008613800138000打不通", "mobile", "008613800138000"),
        ("1️⃣3️⃣8️⃣0️⃣0️⃣1️⃣3️⃣8️⃣0️⃣0️⃣0️⃣找我", "mobile", "1️⃣3️⃣8️⃣0️⃣0️⃣1️⃣3️⃣8️⃣0️⃣0️⃣0️⃣"),
        ("店里座机0571-88157711", "landline", "0571-88157711"),
        ("电话057188157711", "landline", "057188157711"),
        ("（010）62781234没人接", "landline", "（010）62781234"),
        ("身份证11010119900307002X", "id_card", "11010119900307002X"),
        ("身份证号：110101900307721", "id_card", "110101900307721"),
        ("卡号6222 0212 3456 7890 128", "bank_card", "6222 0212 3456 7890 128"),
        ("护照号E12345678", "passport", "E12345678"),
        ("港澳通行证C12345678", "permit", "C12345678"),
        ("京A12345挡路", "plate", "京A12345"),
        ("粤B·D12345的车", "plate", "粤B·D12345"),
        ("发到a.b@qq.com吧", "email", "a.b@qq.com"),
        ("zhangsan艾特163点com", "email", "zhangsan艾特163点com"),
        ("加微信xiaoming_88", "wechat", "xiaoming_88"),
        ("QQ：12345678", "qq", "12345678"),
        ("订单号2023138001380001234", "order", "2023138001380001234"),
        ("快递单号SF1234567890123", "parcel", "SF1234567890123"),
        ("call me at (415) 555-2671", "phone", "(415) 555-2671"),
    ],
)
def test_found_where_it_stands(text: str, kind: str, value: str) -> None:
    assert held(text) == [(kind, value)]


@pytest.mark.parametrize(
    "text",
    [
        "ISBN 9787111122334", "EAN 6901234567892", "尺码150 160 170 180 190", "销量13800138000件",
        "QQ音乐2023很好听", "支持微信支付", "客服热线400-820-8820", "call 1-800-555-0199",
        "防伪码13800138000", "最新A12345款", "李宁A12345跑鞋", "logo@2x.png", "138****8000",
        "110101199003070021",  # another check digit
        "4111111111111112",
    ],
)  # fmt: skip
def test_left_alone(text: str) -> None:
    assert held(text) == []


def test_every_type_has_tokens() -> None:
    from guandian.privacy.masking import TOKENS

    assert set(TOKENS) == set(DataType)


ALPHABET = (
    "0123456789 -+.@:：，。()（）AaXx京粤王李小明先生我叫姓名客服路号栋室省市区订单微信QQ一二幺零"
    "😀\ufe0f\u20e3\u200b\n[]*/#"
)


@given(st.text(st.sampled_from(ALPHABET), max_size=60))
def test_any_text_is_read(text: str) -> None:
    reached = 0
    for data in find(text):
        assert reached <= data.span.start < data.span.end <= len(text)
        assert "\n" not in data.span.of(text)
        assert 0 < data.confidence <= 1
        reached = data.span.end
