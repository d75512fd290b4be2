"""E-mail addresses, and what is only an account because a word before it says so."""

from __future__ import annotations

import re
from collections.abc import Iterator

from guandian.privacy.personal_data import Candidate, DataType

_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64} ?@ ?(?:[A-Za-z0-9-]{1,63} ?[.。] ?){1,4}"
    r"(?P<top>[A-Za-z]{2,24})"
)
_PROVIDERS = (
    "qq|163|126|139|189|yeah|gmail|googlemail|hotmail|outlook|yahoo|sina|sohu|foxmail|icloud|aliyun"
    "|tom|live|msn|proton|protonmail|me|mail|wo|21cn|263|188|vip"
)
_DOT = r" ?(?:[.。·点]|[\[({<]? ?dot ?[\])}>]?) ?"
_SPELLED = re.compile(
    r"(?i)(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{2,64}"
    r" ?(?:@|[\[({<] ?at ?[\])}>]|(?<= )at(?= )|艾特|圈a|\(圈\)|#) ?"
    rf"(?:{_PROVIDERS}|[a-z0-9-]{{2,30}}(?= ?[\[({{]dot)){_DOT}"
    rf"(?P<top>com|cn|net|org|co|edu|uk|io)(?:{_DOT}(?:cn|uk))?(?![A-Za-z0-9])"
)
_FILES = frozenset(("png", "jpg", "jpeg", "gif", "webp", "svg", "pdf"))

_LINK = r"[ :=,是为叫\-\"'(\[]{0,4}"
_CHAT = "微信|威信|薇信|徽信|卫星|weixin|wechat|we chat|(?<![a-z])(?:wx|vx)|v信"
_ADD = "(?:加|➕|\\+)(?:一下|个|下)?(?:我|您|本人|店主|老板|客服|他|她)?的?"
_WHOSE = "(?:我|老板|店主|店家|商家|客服|他|她|本人)的?"
_WECHAT = re.compile(
    rf"(?i)(?:(?P<sure>(?:{_CHAT}) ?(?:号码|账号|帐号|号|id|account|name)(?: ?is)?"
    rf"|{_ADD}(?:{_CHAT}|薇|徽|微|v)|{_WHOSE}(?:{_CHAT})"
    r"|add (?:me|my|him|her|us)(?: on)? wechat)"
    rf"|(?P<cue>{_CHAT}|(?<![a-z])v(?=:))(?:联系|咨询|同号| me)?)"
    rf"{_LINK}(?P<value>[A-Za-z][-_A-Za-z0-9]{{5,19}})(?![-_A-Za-z0-9])"
)
_WORDS = frozenset((
    "payment", "version", "official", "android", "iphone", "windows", "reading", "channel",
    "moments", "account", "support", "number", "please", "service", "messages", "message",
    "because", "before", "instead", "through", "wechat", "weixin", "is", "and", "scanning",
    "customer", "seller", "groups", "contact", "always",
))  # fmt: skip
_QQ = re.compile(
    r"(?i)(?:(?<![a-z])qq(?:群|号码|号|帐号|账号)?|扣扣群?号?|加扣|企鹅号?|球球号?|秋秋号?"
    r"|(?:加|我的|我)(?:个|下)?q号?|(?<![a-z])q(?=[:号])号?)"
    r"(?: ?(?:number|id|no\.?|联系|咨询|私聊))?(?: ?is)?"
    r"[ :=,是为加\-\"'(\[]{0,4}(?P<value>[1-9]\d{4,10})"
    r"(?![\dA-Za-z]|\.\d| ?(?:元|个|块|人|万|级|年))"
)
_NUMBER_LINK = (
    r" ?(?:号码|编号|号|码|no\.?|number|num|id|#)?(?:是|为|is|was|尾号|：)?[ :=,#是为\-\"'(\[]{0,4}"
)
_ORDER = re.compile(
    r"(?i)(?:订单编号|订单号码?|订单|定单号?|交易编号|交易号|流水号|商户单号|支付单号|退款编号|售后单号?"
    r"|服务单号?|工单号?|(?<![物流快递运])单号|单子号|\border(?: (?:number|no\.?|id|num|ref))?"
    r"|\bpurchase (?:number|id)|\btransaction (?:id|number)|\binvoice (?:number|no\.?))"
    rf"{_NUMBER_LINK}(?P<value>[A-Za-z]{{0,6}}[-_]?\d[-A-Za-z0-9_]{{5,39}})(?![A-Za-z0-9])"
)
_CARRIERS = (
    "顺丰|圆通|中通|申通|韵达|极兔|百世|天天|邮政|京东快递|京东物流|德邦|宅急送|菜鸟|丹鸟|跨越|优速|速尔|EMS|UPS|"
    "FedEx|DHL|USPS|快递|物流|运单|包裹|货运|邮件|挂号信|tracking|parcel|shipment|waybill|consignment|package"
)
_PARCEL = re.compile(
    rf"(?i)(?:{_CARRIERS})(?:快递|速运|速递|物流|公司|包裹)?(?:的)?(?:运单|物流|快递|跟踪|追踪|查询|追蹤)?(?:单)?"
    rf"{_NUMBER_LINK}(?P<value>[A-Za-z]{{0,4}}[-_]?\d[A-Za-z0-9-]{{7,25}})(?![A-Za-z0-9])"
)
_PARCEL_BEFORE = re.compile(
    r"(?<![\dA-Za-z-])(?P<value>[A-Z]{0,4}\d{11,15})"
    r"(?= ?(?:这个件|这件|这单|这个包裹|这个快递|的快递|的包裹|这票))"
)
_PARCEL_ALONE = re.compile(
    r"(?<![A-Za-z0-9])(?:SF\d{12,15}|YT\d{13,15}|JT\d{13}|JD[A-Z]{0,2}\d{11,15}|ZTO?\d{12,14}|STO?\d{13,15}"
    r"|DPK\d{12}|[A-Z]{2}\d{9}(?:CN|HK|US|GB|TW|SG|JP)|1Z[A-Z0-9]{16})(?![A-Za-z0-9])"
)


def email_addresses(folded: str) -> Iterator[Candidate]:
    """E-mail addresses, those with `at` and `dot` in words at well-known providers too."""
    if "@" in folded:
        for match in _EMAIL.finditer(folded):
            if match["top"].lower() not in _FILES:
                yield *match.span(), DataType.EMAIL, 0.98
    for match in _SPELLED.finditer(folded):
        yield *match.span(), DataType.EMAIL, 0.9


def chat_accounts(folded: str) -> Iterator[Candidate]:
    """WeChat names and QQ numbers behind a word that says so; 微信支付 or QQ音乐 is none."""
    for match in _WECHAT.finditer(folded):
        value = match["value"]
        if value.lower() in _WORDS or (match["sure"] is None and not _is_mixed(value)):
            continue
        yield *match.span("value"), DataType.WECHAT, 0.93 if match["sure"] else 0.85
    for match in _QQ.finditer(folded):
        yield *match.span("value"), DataType.QQ, 0.93


def _is_mixed(value: str) -> bool:
    return any(character.isdigit() or character == "_" for character in value)


def order_numbers(folded: str) -> Iterator[Candidate]:
    """Numbers of orders and of parcels behind a word that says so."""
    for match in _ORDER.finditer(folded):
        if _digits(match["value"]) >= 6:
            yield *match.span("value"), DataType.ORDER, 0.93
    for match in _PARCEL.finditer(folded):
        if _digits(match["value"]) >= 8:
            yield *match.span("value"), DataType.PARCEL, 0.94
    for match in _PARCEL_BEFORE.finditer(folded):
        yield *match.span("value"), DataType.PARCEL, 0.93
    for match in _PARCEL_ALONE.finditer(folded):
        yield *match.span(), DataType.PARCEL, 0.9


def _digits(value: str) -> int:
    return sum(character.isdigit() for character in value)
