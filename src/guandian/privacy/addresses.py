"""Postal addresses: a road or an estate with a number, or what a word calls an address."""

from __future__ import annotations

import re
from collections.abc import Iterator

from guandian.privacy.context import words_before
from guandian.privacy.personal_data import Candidate, DataType
from guandian.privacy.word_lists import known_places

_H = "\u4e00-\u9fff"
_NUMBER = (
    r"(?:\d{1,5}(?:[-/]\d{1,4}){0,3}[A-Za-z]?|[一二三四五六七八九十百零〇]{1,5}|[A-Za-z]\d{0,4}"
    r"|[甲乙丙丁东西南北](?=[栋座区单门]))"
)
_UNIT = (
    "(?:号楼(?![下上梯道])|号院|号门|号|弄|栋|幢|座|单元|室|楼(?![下上梯道])"
    "|层|#|门(?!口)|组|队|户|房|期)"
)
# What would make `5号` a size, a colour or a battery, and `3楼` the storey of a shop.
_NO_UNIT = "(?!电池|色|线|机|码|称|召|角|令|店|链|床|公馆|钢)"
_DETAIL = rf"{_NUMBER} ?{_UNIT}{_NO_UNIT}"
_PLAIN = "的了是在我你他她那这不很就都也和与有说又还去来过要到让给吧呢啊但因所没收发寄送拿买用"
_NAMED = (
    f"[^{_PLAIN}\\W\\da-zA-Z_]{{2,10}}?"
    "(?:小区|花园|花苑|家园|公寓|大厦|广场|苑|新村|中心|城|府|庭|公馆|国际|大楼|工业园|科技园|产业园"
    "|园区|园|湾|村|宿舍)"
)
_ROOM = r"(?:[A-Z]\d{0,3}-?)?\d{1,4}(?:-\d{1,4}){0,3}(?:室|房|号)?(?:之\d)?(?![\d.元块件个次月年])"
_MORE = (
    rf"(?: ?(?:[^{_PLAIN}\W\da-zA-Z_]{{0,10}}?{_DETAIL}|{_NAMED}|{_ROOM}"
    r"|底商|商铺|门面|[附裙主配]楼"
    rf"|[东西南北中](?:单元|户)|[^{_PLAIN}\W\da-zA-Z_]{{2,8}}?\d{{1,3}}-\d{{1,3}}-\d{{2,4}})){{0,7}}"
)
_ROAD = re.compile(
    rf"(?P<name>[{_H}\d])(?P<suffix>大道|胡同|弄堂|路|街|巷|道|里|条)"
    r"(?P<side>[东西南北中]|[一二三四五六七八九十]段)?"
    rf" ?(?P<detail>{_NUMBER} ?(?:号楼|号院|号|弄|巷|#){_NO_UNIT}){_MORE}"
)
_ESTATE = re.compile(
    rf"(?P<name>[{_H}\d])(?P<suffix>小区|花园|花苑|家园|公寓|公馆|新村|新城|国际|社区|宿舍|大厦|中心|雅苑"
    "|苑|城|府|庭|湾|村|庄|屯|寨|园|里|大学|学院|中学|校区)"
    rf" ?(?P<detail>(?:[东西南北][区院苑] ?)?{_NUMBER} ?"
    rf"(?:号楼(?![下上梯道])|栋|幢|座|单元|室|#|期|号|组|队|区){_NO_UNIT}"
    r"|\d{1,3}-\d{1,3}-\d{2,4}|[A-Z]\d{0,3}-\d{2,4})"
    rf"{_MORE}"
)
_FLAT = re.compile(
    rf"(?P<suffix>[{_H}])(?P<detail>\d{{1,3}} ?(?:号楼|栋|幢|座)(?:[A-Z]座)?(?: ?\d{{1,2}} ?单元)?"
    r" ?\d{3,4}(?:室|房)?)(?![\d.元])"
)
_HOME = re.compile("号楼|栋|幢|单元|室|组|队|-|号")
_PUBLIC = frozenset(
    ("大厦", "中心", "城", "国际", "大学", "学院", "中学", "校区", "园", "里", "府", "湾")
)
_TOWN = re.compile(
    rf"(?P<name>[{_H}])(?P<suffix>[区县市旗])(?P<town>[{_H}]{{1,8}}?(?:镇|乡|街道))"
    rf"(?P<village>[{_H}]{{1,8}}?(?:村|社区|屯|组))?{_MORE}"
)
_LEVEL = re.compile(
    "(?:省|自治区|市|自治州|州|区|县|旗|盟|镇|乡|街道|村|路|街|大道|巷|小区|花园|栋|号|楼|室|组)"
)
_CUE = re.compile(
    r"(?:(?:收货|收件|送货|邮寄|寄件|退货|家庭|详细|联系|通讯|新|老|原|我的|我家)地址|住址|(?<![厂店网])地址"
    r"|(?:寄|送|发|派)(?:到|往|至)了?|家住|住在|我住|住址在|搬到|家在|我家是)"
    r"(?:是|为|写的是|填的是?|写成|改成|改为|换成|写的)?[ :]{0,3}"
    rf"(?P<value>[{_H}][{_H}A-Za-z0-9#\-() ]{{4,60}})"
)
_NOT_PART = re.compile(" {2}|电话|手机|收件人|收货人|联系|姓名|邮编|的时候|结果|没人|谢谢")
_ADMINISTRATION = re.compile(rf"[{_H}]{{1,8}}?(?:省|自治区|市|自治州|州|区|县|旗|盟)")
_NO_ADDRESS = re.compile(
    "(?:厂址|生产|制造|产地|原产|产自|出自|源自|来自|注册|店址|门店|专卖店|旗舰店|实体店|分店|总部|总店"
    "|景区|打卡|店在|开在|位于|厂家|厂商|工厂|厂房|厂在|公司在|专柜|体验店|商铺|网点|维修点|售后点|博物馆"
    "|酒店|民宿|景点|餐厅|地标)[^。!?;\n]{0,12}$"
)
# Ordinary words that end like a road.
_NO_ROAD = re.compile(
    "(?:[一马公铁走电线道网思套出半问迷上下赶修认带领开让过回来去气水油销后老生末绝活]路"
    "|(?:逛|上|步行|[一整这那]条)街|[味知频通渠轨管报人地力门厚霸公一几两三跑赛弯隧航车便楼多全]道"
    r"|[这那哪家手心里屋包盒袋箱店嘴夜水锅公英海车眼百千万\d]里"
    r"|[一两三几这那每整面油\d多长纸布金信链线皮有红]条)$"
)
_NO_ESTATE = re.compile(
    "(?:(?:京东|天猫|微信|购物|整个|这个|那个|我们|我家|[商本政长公校菜果田庄农全同山乡])[城府湾园村里庄]"
    "|[中大小这那哪家手心里屋包盒袋箱店嘴]里"
    "|(?:我们|这个|那个|整个|一个|[本老新全])(?:小区|社区|大学|学院|中学|公寓|中心)"
    "|(?:数据|服务|客服|售后|购物|维修|控制|个人|物流|会员|活动|体验|中)中心)$"
)
# What stands before an address and is none of it; nothing that place names hold.
_CUT = re.compile(
    "收货地址|收件地址|送货地址|家庭住址|住址|地址|寄到|送到|发到|寄往|发往|送往|派送|派到|搬到|家住|住在|我住"
    "|居住|老家|家在|我家|公司在|单位在|改成|换成|写成|填成|写的|填的|快递|包裹|上门|师傅|客服|麻烦|帮我|重新"
    "|直接|已经|后面|不远处|旁边|附近|对面|隔壁|楼下|那边|这边|[在到从给往寄住送于至是的了把让请搬我你他她它们就才没都也还但而和跟被叫找去有]"
)
_ENGLISH_WAY = (
    "Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Way|Place|Pl|Terrace|Ter"
    "|Circle|Cir|Parkway|Pkwy|Highway|Hwy|Square|Crescent|Close"
)
_ENGLISH = re.compile(
    r"(?<![\w.$#-])(?:(?:Room|Rm|Flat|Apt|Unit|Suite)\.? ?#?\w{1,6}, ?)?"
    r"(?:(?:Building|Block|Bldg|Tower) ?\w{1,4}, ?)?"
    r"(?:No\.? ?)?\d{1,5}[A-Za-z]?,? (?:Lane \d{1,5},? )?(?:[NSEW]\.? |North |South |East |West )?"
    r"(?P<name>(?:[A-Z][a-z]+(?:'s)?\.? |\d{1,3}(?:st|nd|rd|th) ){1,3})"
    rf"(?P<way>{_ENGLISH_WAY})(?![A-Za-z])\.?"
    r"(?P<unit>,? (?:Apt|Apartment|Unit|Suite|Ste|Floor|Room|Flat)\.? ?#?\w{1,6}|,? #\w{1,6})?"
    r"(?: Central| East| West| North| South)?"
    r"(?:, ?[A-Z][a-z]+(?: [A-Z][a-z]+){0,2}){0,4}"
    r"(?: [A-Z][a-z]+(?: [A-Z][a-z]+)?(?=, [A-Z]{2}\b))?"
    r"(?:,? (?:[A-Z]{2}\b|[A-Z][a-z]+(?: [A-Z][a-z]+)?(?=[.,]? ?(?:\d|$))))?"
    r"(?:,? (?:\d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})(?!\d))?"
)
_NO_ENGLISH = re.compile(
    r"\b(?:Hard|Flash|Thumb|Disk|Solid|State|Pen|External|Usb|Four|Wheel|Test|Stars?|Long|Only|Best"
    r"|Easy|Better|Great|Right|First|Tape|Optical|Internal|Portable|Good|Way|Year|Day|Times?) ",
)
_LONGEST = 48


def postal_addresses(folded: str) -> Iterator[Candidate]:
    """Addresses of people in a folded text, from their province or road to the last room number.

    A town alone, a shop's or a factory's address and what is only called a road are none.
    """
    yield from _roads(folded)
    yield from _estates(folded)
    for match in _FLAT.finditer(folded):
        if match["suffix"] not in _PLAIN:
            yield from _from_its_start(folded, match, 0.88)
    for match in _TOWN.finditer(folded):
        if match["village"] and re.search(r"\d|[一二三四五六七八九十]组", match.group()):
            yield from _from_its_start(folded, match, 0.9)
    yield from _cued(folded)
    for match in _ENGLISH.finditer(folded):
        digits = sum(c.isdigit() for c in folded[match.start() : match.start("name")])
        if not _NO_ENGLISH.search(match["name"]) and (digits > 1 or match["unit"]):
            yield match.start(), match.end(), DataType.ADDRESS, 0.9


def _roads(folded: str) -> Iterator[Candidate]:
    for match in _ROAD.finditer(folded):
        name = folded[max(0, match.start() - 3) : match.end("suffix")]
        if not _NO_ROAD.search(name):
            yield from _from_its_start(folded, match, 0.93)


def _estates(folded: str) -> Iterator[Candidate]:
    for match in _ESTATE.finditer(folded):
        name = folded[max(0, match.start() - 3) : match.end("suffix")]
        numbers = folded[match.end("suffix") : match.end()]
        if _NO_ESTATE.search(name) or not _HOME.search(numbers):
            continue
        rooms = re.findall(r"栋|幢|\d楼|号楼|单元|室|-|组|队|(?<=[栋幢楼])\d{3,4}", numbers)
        if match["suffix"] in _PUBLIC and len(rooms) < 2:
            continue
        if match["detail"][-1] in "号期区" and not rooms and match["suffix"] not in "村庄屯寨":
            lead = words_before(folded, match.end("suffix"), 24)
            if not re.search("[区县镇乡]|街道", lead[:-3]):
                continue
        yield from _from_its_start(folded, match, 0.9)


def _from_its_start(folded: str, match: re.Match[str], confidence: float) -> Iterator[Candidate]:
    """The address that a match ends, unless it is a shop's or a maker's."""
    suffix = match.end("suffix")
    start = _start(folded, suffix - 1)
    if suffix - start < 3 or _NO_ADDRESS.search(words_before(folded, start, 16)):
        return
    if _NO_ADDRESS.search(folded[start:suffix]):
        return
    yield start, match.end(), DataType.ADDRESS, confidence


def _start(folded: str, end: int) -> int:
    """Where the address begins whose road or estate ends before `end`."""
    lead = words_before(folded, end, _LONGEST)
    run = re.search(rf"(?:[{_H}\dA-Za-z]+[省市区县旗镇乡道州村盟街] ?)*[{_H}\dA-Za-z]*$", lead)
    begin = end - (len(run.group()) if run else 0)
    text = folded[begin:end]
    names, longest = known_places()
    for offset in range(len(text)):
        if any(text[offset : offset + size] in names for size in range(2, longest + 1)):
            return _with_wider(folded, begin + offset)
    cut = 0
    for match in _CUT.finditer(text):
        if match.end() <= len(text) - 1:
            cut = match.end()
    return begin + cut + len(text[cut:]) - len(text[cut:].lstrip(" "))


def _with_wider(folded: str, start: int) -> int:
    """The start of the province and town that stand before a place, parted by blanks."""
    names, longest = known_places()
    while start > 2 and folded[start - 1] == " ":
        end = start - 1 - (folded[start - 2] in "省市")
        most = min(longest, end)
        sizes = [size for size in range(2, most + 1) if folded[end - size : end] in names]
        if not sizes:
            break
        start = end - max(sizes)
    return start


def _cued(folded: str) -> Iterator[Candidate]:
    """What stands behind a word for an address and names at least two levels of places."""
    for match in _CUE.finditer(folded):
        value = _NOT_PART.split(match["value"])[0].rstrip(" (-")
        start = match.start("value")
        end = start + _last_level(value)
        areas, levels = len(_ADMINISTRATION.findall(value)), len(_LEVEL.findall(value))
        if _NO_ADDRESS.search(words_before(folded, start, 16)):
            continue
        named = "地址" in folded[match.start() : start]
        exact = re.search(r"\d|[镇乡村路]|街道|小区", value) is not None
        if areas >= 2 and levels >= 3 and (named or exact):
            yield start, end, DataType.ADDRESS, 0.85
        elif named and levels >= 2 and re.search(r"\d", value):
            yield start, end, DataType.ADDRESS, 0.8


def _last_level(value: str) -> int:
    """Where the last word for a place or number of a house ends in what is called an address."""
    ends = [m.end() for m in re.finditer(rf"{_LEVEL.pattern}|\d+(?![\d.]| ?[元块天次个])", value)]
    return ends[-1] if ends else len(value)
