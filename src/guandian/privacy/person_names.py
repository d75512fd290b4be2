"""Names of people, where a word beside them makes it sure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import accumulate, takewhile

from guandian.privacy.context import words_before
from guandian.privacy.personal_data import Candidate, DataType
from guandian.privacy.word_lists import (
    english_names,
    given_characters,
    not_persons,
    rare_characters,
    surnames,
)

_H = "\u4e00-\u9fff"
_SURE = re.compile(
    "(?:(?<!别)我叫|本人叫|名字叫做?|自称|新郎官?|新娘|乘客|旅客|患者|病人|住客|车主|房东|租客|业主|学员"
    "|会员|寿星|主人|(?:填|写)(?:了|着|的是)|(?:报修|联络|紧急联系|登记|买票|购票|订票|入住|预订|投保|被保|收款|付款|申请|报案|投诉|开票|预约|报名|提货|下单|购买)人"
    "|(?:接待|安装|送货|服务|负责|办理|维修|配送|来|接单)(?:我|我们)?的(?:人)?是|报我的?名字?"
    "|发票抬头|抬头|名下的?|签名|留名|收款方|付款方|工号[ :]?[A-Za-z]?\\d{2,8}[ ,:]?(?:的|号)?"
    "|名叫|我的名字|姓名|名字|(?:收|寄|联系|签收|取)(?:件|货|系)?人(?!员)"
    "|户主|机主|持卡人|开户名|户名|署名|真名|大名|实名|落款|备注名|本人(?!在|是|从|买|用|于|已|很|不))"
    "(?:是|为|叫做|叫|写的是?|写|填的是?|填)?[ :\"'(【\\[“”‘’]{0,3}"
)
_STAFF = re.compile(
    "(?:接待我的|客服|店员|导购员?|销售员?|营业员|收银员|快递员|快递小哥|送货员|配送员|配送|骑手|外卖员|外卖小哥"
    "|安装师傅|安装工|维修师傅|师傅|司机|经理|店长|老板娘?|店主|掌柜|服务员|技师|工程师|医生|大夫|护士|药师"
    "|顾问|专员|主管|业务员|教练|美容师|发型师|理发师|设计师|月嫂|阿姨|保洁|管家|前台|主播|同事|朋友|闺蜜"
    "|(?:寄|转|退|打|发|交|送|还|留|开|借|推荐|介绍|投诉)给|转交|由|督导|(?<=[员师嫂])(?=.)"
    "|爸|妈|爹|娘|哥|姐|弟|妹|姨|姑|舅|叔|伯|婶|侄|闺女|媳妇|对象|老伴|发小|客户|买家|卖家|团长|群主|保安|物业"
    "|裁缝|厨子|木匠|兽医|校医|教官|班长|代购|博主|店小二|小老板|宝宝|丫头|外甥|娃|学生|徒弟|搭档|队友|嘉宾"
    "|婆婆|公公|岳父|岳母|爸爸|妈妈|父亲|母亲|哥哥|姐姐|弟弟|妹妹|奶奶|爷爷|外婆|外公|孙子|孙女|男友|女友"
    "|男朋友|女朋友|律师|老师(?!傅)|外教|保姆|护工|中介|经纪人|摄影师|化妆师|司仪|主持|导游|领队|助理|秘书|会计|厂长"
    "|校长|班主任|院长|主任|村长|队长|组长|师父|学姐|学长|学妹|学弟|老乡|表哥|表姐|表弟|表妹|堂哥|舅舅|姑姑|阿姨"
    "|老公|老婆|妻子|丈夫|儿子|女儿|孩子|同学|室友|邻居|感谢|谢谢|多谢|表扬|点赞|投诉|我是|找|叫|联系"
    "|服务人员|工作人员|接待员?)"
    "(?:小姐姐|小哥哥?|小妹|妹子|人员|代表|专员|同学|美女|帅哥|姑娘|老师|那个|一位|一个)?"
    "(?:的?名字)?(?:是|叫做|叫|姓名|名叫)?[ :\"'(【\\[“‘]{0,2}"
)
_TITLE = re.compile(
    "先生|女士|小姐姐?|妹子|小妹|小哥|姑娘|美女|帅哥|老师(?!傅)|师傅|经理|同学|医生|大夫|阿姨"
    "|叔叔|大哥|大姐|教练|店长|主任|护士|大爷|大妈|大叔|大嫂|奶奶|爷爷|家长|博士|警官|教官|团长|队长|房东|机长|师父|师姐|师兄|学姐|学长|小朋友"
    "|助理|秘书|总监|会计|收(?=[,。 )!\n]|$)|亲收|亲启|本人|代收|签收|名下"
    "|工程师|顾问|技师|律师|主管|药师|老板|同志|专员"
)
# After a name of two characters these go on with the sentence.
_NO_GIVEN = frozenset(
    "的了是在我你他她它也就都很不买来去说给和与跟收今昨这那要想用有对服态耐回帮让把被为从到过上下里吗呢吧"
    "啊呀哦嘛特非挺您咱某个只又还没已再会能可觉得照气喜希申投发退换打接解处送装们等因所但而且及"
    "或住电手微地身购好"
)
_KNOWN_BEFORE = re.compile(
    "(?:作者|作家|导演|演员|明星|歌手|代言人?|主演|偶像|编剧|画家|诗人|皇帝|总统|主席|书法家|院士|创始人"
    "|总裁|董事长|球星|主持人|网红|博主|up主|UP主|直播间?|品牌|牌子?|著|译|饰演|扮演|粉丝|同款|演唱|历史"
    "|古代|角色|电影|小说|游戏|人物|大师|导师|名医|传说|纪念|创办)[ :·的]{0,2}$"
)
_MASKED_FROM = re.compile(r"[*＊×某]")
_BLOCK = re.compile(
    rf"(?<![{_H}A-Za-z0-9])(?P<name>[{_H}]{{2,4}})[ ,:/(]{{0,3}}"
    r"(?=(?:电话|手机|tel)?[ :]{0,2}(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d))"
)
_OWNER = re.compile(
    rf"(?<![{_H}A-Za-z0-9])(?P<name>[{_H}]{{2,4}}?)"
    r"(?:的(?:账户|帐户|账号|护照|身份证|证件|卡号|银行卡|信用卡|储蓄卡|工资卡|手机|电话|微信|通行证|台胞证|回乡证"
    r"|驾驶证|驾照|车牌|订单|收货地址|地址|快递|包裹|号码|邮箱)"
    r"|[ ]?\((?:工号|身份证|电话|手机|微信|本人|收)"
    rf"|[ ,:]{{1,2}}(?=[{_H}]{{2,8}}(?:省|市|自治区)[{_H}])"
    r"|[ ,:]{0,2}(?:工号|会员号|病历号|学号|房号|车牌|微信|QQ|qq|邮箱|联系电话|联系方式"
    r"|电话|手机|tel|TEL)[号 :]"
    r"|[ ,:]{0,2}(?:身份证|证件|护照|手机号|电话号|银行卡|卡号|台胞证|回乡证|通行证|[1-9]\d{14}))"
)
_AT_WORK = re.compile(
    rf"(?<![{_H}A-Za-z0-9])(?P<name>[{_H}]{{3,4}}?)"
    "(?:接的|接待|来电|签收|代收|上门|送来|送货|安装|跟单|值班|回访|帮我|帮忙|帮着|给我|态度|负责|打来|打电话|处理的)"
)
_WHO_SAID = re.compile(f"(?<=的)(?P<name>[{_H}]{{2,4}}?)(?=说)")
_BLOCK_AFTER = re.compile(
    r"(?<!\d)(?:1[3-9]\d[ -]?\d{4}[ -]?\d{4}|\d{15,19}[Xx]?)[ ,/:]{1,3}"
    rf"(?P<name>[{_H}]{{2,4}})(?![{_H}])"
)
_ENGLISH_NAME = (
    r"(?P<name>[A-Z][a-z]{1,14}(?: [A-Z]\.)?(?: [A-Z][a-z']{1,15}(?:-[A-Z][a-z]+)?){1,2})"
    r"(?![A-Za-z])"
)
_ENGLISH = re.compile(
    r"(?<![A-Za-z])(?i:my name is|my name's|name: ?|i am called|signed,|sincerely,|recipient: ?"
    r"|(?:best |kind |warm )?regards,|attn:? ?|contact(?: person)?: ?|(?:spoke|talked) (?:to|with)"
    r"|ask for|agent|rep|representative|named|technician|driver|thanks to|thank you,?|kudos to"
    r"|shout ?out to|bf|boyfriend|gf|girlfriend|husband|wife|son|daughter|friend|colleague"
    r"|neighbou?r|mom|dad|mother|father|brother|sister|roommate|addressed to|deliver(?:ed)? to"
    r"|account (?:of|holder:?)|passenger|guest|under the name(?: of)?|in the name of|cardholder:?"
    r"|i'm|i am|外教|老师|客服|同事|朋友|我叫)\s{0,2}" + _ENGLISH_NAME
)
_ENGLISH_STAFF = re.compile(
    r"\b(?i:cheers,|thanks,|this is|it's|it is|called|manager|customer service"
    r"|dear|hi|hello|hey|from|by|with|for|to|and|dr\.?|ship(?:ped)? to)\s{1,2}" + _ENGLISH_NAME
)
_MISTER = re.compile(
    r"\b(?:Mr|Mrs|Ms|Miss)\b\.? ?(?P<name>[A-Z][a-z]{1,14} [A-Z][a-z]{1,15})(?![A-Za-z'])"
)


def person_names(folded: str) -> Iterator[Candidate]:
    """Names of people in a folded text; brands and people whom everybody knows are none."""
    if not folded.isascii():
        yield from _behind_words(folded)
        yield from _beside_others(folded)
    for match in (*_ENGLISH.finditer(folded), *_MISTER.finditer(folded)):
        yield from _english(match)
    for match in _ENGLISH_STAFF.finditer(folded):
        if match["name"].split()[0] in english_names()[0]:
            yield from _english(match)


def _behind_words(folded: str) -> Iterator[Candidate]:
    """Names behind words such as 姓名 or 客服."""
    for match in _SURE.finditer(folded):
        yield from _behind(folded, match.end(), sure=True)
    for match in _STAFF.finditer(folded):
        yield from _behind(folded, match.end(), sure=False)


def _beside_others(folded: str) -> Iterator[Candidate]:
    """Names before titles, and beside mobile numbers as parcels have them."""
    for match in _TITLE.finditer(folded):
        yield from _before_title(folded, match.start(), match.group())
    for match in (
        *_BLOCK.finditer(folded),
        *_BLOCK_AFTER.finditer(folded),
        *_OWNER.finditer(folded),
        *_AT_WORK.finditer(folded),
        *_WHO_SAID.finditer(folded),
    ):
        if _length(folded, match.start("name"), sure=False) == len(match["name"]):
            yield *match.span("name"), DataType.NAME, 0.9


def _english(match: re.Match[str]) -> Iterator[Candidate]:
    """The words of a match that are a name, up to the first that is none."""
    words, (_, others) = match["name"].split(), english_names()
    named = list(takewhile(lambda word: word not in others, words))
    if len(named) > 1:
        start = match.start("name")
        yield start, start + len(" ".join(named)), DataType.NAME, 0.85


def _behind(folded: str, start: int, *, sure: bool) -> Iterator[Candidate]:
    length = _length(folded, start, sure=sure)
    if length and not _KNOWN_BEFORE.search(words_before(folded, start, 8)):
        yield start, start + length, DataType.NAME, 0.93 if sure else 0.88


def _length(folded: str, start: int, *, sure: bool) -> int:
    """How many characters from `start` on are a person's name, 0 where none is.

    Args:
        folded: a folded text.
        start: where the name would begin.
        sure: the word before it calls for a name; else the words themselves must say so.
    """
    run = re.match(rf"[{_H}]{{0,8}}", folded[start : start + 8])
    text = run.group() if run else ""
    _, single, double = surnames()
    size = 2 if text[:2] in double else 1 if text[:1] in single else 0
    if title := _TITLE.search(text, size):
        text = text[: title.start()]
    if not size or len(text) <= size or text[0] == text[1]:
        return 0
    if _MASKED_FROM.match(folded[start + size : start + size + 1]):
        return 0
    words = _words(text)
    first, kind = words[0]
    is_name = kind.startswith("nr") or not _tagger().has_word(first)
    if first in not_persons()[0]:
        return 0
    if len(first) > size and not is_name:
        # An ordinary word: 马上, 高兴. Where a name is called for, all of a run may yet be one.
        whole = sure and len(text) in (size + 1, size + 2) and _may_be(text, size)
        return len(text) if whole and not _is_known(text, len(text)) else 0
    given = _given(text, size, first if is_name else "")
    if not given or _is_known(text, size + given):
        return 0
    exact = is_name and len(first) == size + given
    if not exact and given == 2 and text[0] not in _DOUBTFUL:
        # 林 | 小雨, 王子 | 涵, 覃 | 桂 | 芬: a name that the segmenter does not know
        exact = size + given in accumulate(len(word) for word, _ in words)
    usual = given_characters().issuperset(text[size : size + given])
    ends = len(text) == size + given
    if sure:
        certain = ends or (usual and (exact or size == 2 or text[0] in surnames()[0]))
    elif text[0] in surnames()[0] or size == 2:
        certain = usual and (
            exact or size == 2 or (ends and kind.startswith("nr")) or (ends and given == 2)
        )
    else:
        certain = usual and (exact or ends) and given == 2 and not _tagger().has_word(text[:2])
    return size + given if certain else 0


def _may_be(text: str, size: int) -> bool:
    """Tell whether a whole run that is an ordinary word may yet be a name: 姓名：高兴."""
    given = text[size:]
    return given_characters().issuperset(given) and _NO_GIVEN.isdisjoint(given)


_LATE = frozenset("超真太最以")
"""As the last character these rather go on with the sentence: 李娜超好."""


def _given(text: str, size: int, word: str) -> int:
    """The characters of the given name: one or two, 0 where none can be."""
    rest = text[size:]
    if not rest or rest[0] in _NO_GIVEN:
        return 0
    if len(word) in (size + 1, size + 2):
        longer = len(word) - size
        if longer == 2 and rest[1] in _NO_GIVEN:
            return 1
        if longer == 1 and len(rest) == 2 and rest[1] not in _NO_GIVEN:
            return 2
        if longer == 1 and rest[1:2] in rare_characters():
            return 2
        return longer
    goes_on = len(rest) < 2 or rest[1] in _NO_GIVEN or (len(rest) > 2 and rest[1] in _LATE)
    return 1 if goes_on else 2


def _before_title(folded: str, end: int, title: str) -> Iterator[Candidate]:
    """The whole name that a title such as 先生 follows; a surname alone names too many."""
    _, single, _ = surnames()
    lead = re.search(rf"[{_H}]{{0,8}}$", words_before(folded, end, 8))
    text = lead.group() if lead else ""
    if not text:
        return
    words = _words(text)
    last, kind = words[-1]
    known, longest = not_persons()
    if any(
        text[-size:] in known or text[-size:] + title in known for size in range(1, longest + 1)
    ):
        return
    if _KNOWN_BEFORE.search(words_before(folded, end - len(last), 8)):
        return
    if last[:1] in single and 1 < len(last) <= 4 and kind.startswith("nr") and _is_usual(last):
        yield end - len(last), end, DataType.NAME, 0.9
        return
    for size in (3, 2):
        name = text[-size:]
        edge = len(text) <= size or text[-size - 1] in "叫是的找给到和跟谢由交请"
        if len(name) == size and edge and name[0] in single and _is_usual(name):
            first, its_kind = _words(name)[0]
            if len(first) == 1 or its_kind.startswith("nr"):
                yield end - size, end, DataType.NAME, 0.88
                return


def _is_usual(name: str) -> bool:
    """Tell whether a given name follows the surname of one character."""
    given = name[1:]
    usual = given_characters().issuperset(given) and _NO_GIVEN.isdisjoint(given)
    return usual and name[0] != name[1]


_DOUBTFUL = frozenset("应向花费包计关连单经那有能路池于方高任白成安常和时何明文万武江石金陆毛")


def _is_known(text: str, length: int) -> bool:
    """Tell whether the first characters of a text, so many or more, are no private person."""
    known, longest = not_persons()
    return any(text[:size] in known for size in range(length, longest + 1))


def _words(text: str) -> list[tuple[str, str]]:
    """The words of a short run of Han characters with their parts of speech; `nr` is a person."""
    words: list[tuple[str, str]] = _tagger().tag(text)
    return words or [("", "")]


@cache
def _tagger():  # type: ignore[no-untyped-def]
    import rjieba

    return rjieba.Jieba()
