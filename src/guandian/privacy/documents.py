"""Numbers of documents: identity cards, bank cards, passports, permits."""

from __future__ import annotations

import re
from collections.abc import Iterator

from guandian.privacy.check_digits import (
    looks_like_resident_id,
    meets_hong_kong_check,
    meets_luhn,
    meets_resident_check,
    meets_taiwan_check,
)
from guandian.privacy.context import groups, is_cued, is_other_number, stands_alone
from guandian.privacy.personal_data import Candidate, DataType

_LONG_ID = re.compile(r"(?<!\d)[1-9](?:[ -]?\d){16}[ -]?[\dXx](?![\dA-Za-z])")
_SHORT_ID = re.compile(r"(?<!\d)[1-9](?:[ -]?\d){14}(?!\d)")
_ID_CUE = re.compile(r"身份|身分|居住证|证件|证号|实名|户口|\bID\b|identity", re.IGNORECASE)
_SHORT_ID_CUE = re.compile(rf"{_ID_CUE.pattern}|证(?:号|是|为)?[ :]{{0,2}}$", re.IGNORECASE)
_CARD = re.compile(r"(?<!\d)[2-9](?:[ -]{0,2}\d){14,18}(?!\d)")
_CARD_CUE = re.compile(
    r"卡号|银行|信用卡|储蓄卡|借记卡|账号|帐号|账户|收款|打款|转账|退款|工行|建行|农行|中行|招行|交行|邮储|"
    r"\b(?:card|account|visa|mastercard|unionpay|amex|bank|debit|credit)\b",
    re.IGNORECASE,
)
# First digits that banks were given, with the lengths of their cards.
_ISSUERS = (
    (re.compile("62"), (16, 17, 18, 19)),
    (re.compile("4"), (16,)),
    (re.compile("5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)|35(?:2[89]|[3-8])"), (16,)),
    (re.compile("3[47]"), (15,)),
    (re.compile("60(?:11|3)|64[4-9]|65|81"), (16, 17, 18, 19)),
    (re.compile("95(?:588|595|599|598)|9558|9559|900|90"), (16, 19)),
    (re.compile("6[089]|5[06-8]"), (16, 18, 19)),
)
_LINK = r"(?:证件)?(?:号码|编号|号|no\.?|number|#|#:)?(?:是|为|is|叫)?[ :.#(]{0,4}"
_PASSPORT = re.compile(
    rf"(?i)(?:护照|passport|旅行证){_LINK}(?P<number>[A-Z]{{1,2}}\d{{6,8}}|\d{{9}})(?![A-Za-z\d])"
)
_CHINESE_PASSPORT = re.compile(
    r"(?<![A-Za-z\d])(?:[EG]\d{8}|E[A-HJ-NP-Z]\d{7}|[DSP]\d{8}|PE\d{7})(?![A-Za-z\d])",
    re.IGNORECASE,
)
_PASSPORT_CUE = re.compile("护照|passport", re.IGNORECASE)
_PERMIT = re.compile(
    r"(?i)(?:通行证|回乡证|台胞证|臺胞证|台胞證|港澳证|居住证|来往内地|来往大陆|卡式台胞|permit)"
    rf"{_LINK}(?P<number>[CWHMTLK][A-Z]?\d{{7,10}}(?:\(\d\d?\))?|\d{{8,10}}(?:\([A-Z]\))?)(?![A-Za-z\d])"
)
_PERMIT_CUE = re.compile("通行证|回乡证|台胞证|港澳|台湾|赴港|赴台|签注", re.IGNORECASE)
_PERMIT_ALONE = re.compile(
    r"(?<![A-Za-z\d])(?:[CW][A-HJ-NP-Z]?\d{7,8}|[HM]\d{8}(?:\d{2})?|T\d{8}|L\d{8})(?![A-Za-z\d])"
)
_HONG_KONG = re.compile(r"(?<![A-Za-z\d])([A-Z]{1,2})(\d{6}) ?\(([\dA])\)(?!\d)")
_MACAO = re.compile(r"(?<![A-Za-z\d])[157]/?\d{6}/?(?:\(\d\)|\d)(?![A-Za-z\d])")
_MACAO_CUE = re.compile("澳门")
_TAIWAN_CUE = re.compile("台湾|身份证|身分证|证件|证号")
_TAIWAN = re.compile(r"(?<![A-Za-z\d])[A-Z][1289]\d{8}(?![A-Za-z\d])")


def identity_cards(folded: str) -> Iterator[Candidate]:
    """Resident identity cards: of 18 characters by their check, of 15 by province and birthday."""
    for match in _LONG_ID.finditer(folded):
        number = re.sub("[ -]", "", match.group())
        if not looks_like_resident_id(number) or not stands_alone(folded, *match.span()):
            continue
        if meets_resident_check(number):
            yield *match.span(), DataType.ID_CARD, 1.0
        elif is_cued(folded, match.start(), _ID_CUE, 20):
            yield *match.span(), DataType.ID_CARD, 0.85  # mistyped, and somebody's all the same
    for match in _SHORT_ID.finditer(folded):
        number = re.sub("[ -]", "", match.group())
        if not looks_like_resident_id(number) or not stands_alone(folded, *match.span()):
            continue
        following = folded[match.end() : match.end() + 10]
        if is_cued(folded, match.start(), _SHORT_ID_CUE, 20) or _ID_CUE.search(following):
            yield *match.span(), DataType.ID_CARD, 0.95
        elif not is_other_number(folded, match.start()) and not meets_luhn(number):
            yield *match.span(), DataType.ID_CARD, 0.7  # with Luhn's digit it may be a device's


def bank_cards(folded: str) -> Iterator[Candidate]:
    """Cards of 15 to 19 digits that begin as a bank's do and meet Luhn's sum."""
    for match in _CARD.finditer(folded):
        number = re.sub("[ -]", "", match.group())
        cuts = groups(match.group())
        if len(cuts) > 1 and not (max(cuts[:-1]) <= 6 and min(cuts[:-1]) >= 3):
            continue
        if not meets_luhn(number) or not _issued(number):
            continue
        if not stands_alone(folded, *match.span()):
            continue
        cued = is_cued(folded, match.start(), _CARD_CUE, 20)
        if cued or not is_other_number(folded, match.start()):
            yield *match.span(), DataType.BANK_CARD, 0.98 if cued else 0.9


def _issued(number: str) -> bool:
    return any(len(number) in lengths and issuer.match(number) for issuer, lengths in _ISSUERS)


def travel_documents(folded: str) -> Iterator[Candidate]:
    """Passports and permits that are called so, and identity cards of Hong Kong and the like."""
    for match in _PASSPORT.finditer(folded):
        yield *match.span("number"), DataType.PASSPORT, 0.95
    for match in _CHINESE_PASSPORT.finditer(folded):
        if is_cued(folded, match.start(), _PASSPORT_CUE, 24):
            yield *match.span(), DataType.PASSPORT, 0.93
    for match in _PERMIT.finditer(folded):
        yield *match.span("number"), DataType.PERMIT, 0.95
    for match in _PERMIT_ALONE.finditer(folded):
        if is_cued(folded, match.start(), _PERMIT_CUE, 24):
            yield *match.span(), DataType.PERMIT, 0.9
    yield from _cards_of_regions(folded)


def _cards_of_regions(folded: str) -> Iterator[Candidate]:
    for match in _HONG_KONG.finditer(folded):
        if meets_hong_kong_check(*match.groups()):
            yield *match.span(), DataType.PERMIT, 0.97
    for match in _MACAO.finditer(folded):
        if is_cued(folded, match.start(), _MACAO_CUE, 24):
            yield *match.span(), DataType.PERMIT, 0.9
    for match in _TAIWAN.finditer(folded):
        if is_cued(folded, match.start(), _TAIWAN_CUE, 24) and meets_taiwan_check(match.group()):
            yield *match.span(), DataType.PERMIT, 0.9
