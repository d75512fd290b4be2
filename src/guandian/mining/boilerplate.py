"""What nobody wrote: what shops and spreadsheets put where a buyer said nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from guandian.domain import Span
from guandian.errors import GuandianError, reason
from guandian.io.bounded import MOST_WORDS, read_text
from guandian.tasks.opinions import Source
from guandian.text.alignment import Edit, apply_edits
from guandian.text.cleaning import clean

SET_ASIDE = "text: filler that a platform or a program wrote, not an opinion; set aside"
"""The warning that such a review bears."""

COMMENT = "//"
_DIGITS = re.compile(r"\d+")
_PARTS = re.compile(r"[\n。！!？?；;|]+|\.(?=\s|$)")
_WHO = (
    "亲?[此该本这]?位?(?:匿名)?"
    "(?:用户|买家|顾客|客户|会员|作者|消费者|评价方|客人|食客|网友|答卷者|受访者)"
)
_WHAT = "(?:(?:文字|追加)?(?:评价|评论|点评|评语|追评|留言)(?:的?内容)?|文字(?:内容)?)"
_NOT = (
    "(?:还|暂|尚|并)?(?:未|没有|没)(?:在(?:规定|有效|评价)?的?(?:时间|期限|时限)内?)?(?:及时)?(?:主动)?"
    f"(?:填写|留下|发表|撰写|做出|作出|给出|进行|提交|写)?(?:过|任何|什么)?{_WHAT}"
)
_LATE = "(?:(?:订单|交易|收货)(?:完成|成功)?后)?(?:已?(?:超过|逾期|超时))?(?:0[天日]内?)?"
_BY_ITSELF = (
    "(?:系统|平台)?(?:自动|默认)(?:给予|给出了?|默认|确认)?(?:五星|0[星分])?(?:好评|评价|评论)"
)
_ONLY = "(?:仅仅?|只)"
_PICTURES = "(?:图片|视频|照片|图文)(?:[和或及]?视频)?"
_WHO_EN = "(?:the|this)?(?:customer|buyer|user|reviewer|guest|respondent|shopper|client)"
_WHAT_EN = "(?:written)?(?:reviews?|comments?|feedback|text|message|anything)"
_NOBODY = re.compile(
    "(?:追加评价|追加|追评|初评|首评)?(?:"
    f"(?:{_WHO})?{_LATE}{_NOT}{_BY_ITSELF}"
    f"|{_WHO}{_NOT}"
    f"|(?:{_WHO}|好评)?{_LATE}{_BY_ITSELF}"
    f"|{_WHO}(?:还|暂|尚)?(?:未|没有|没)(?:填写?|留言|作答|回答)(?:任何)?(?:内容|信息)?"
    f"|(?:{_WHO}|这个人|这家伙|此人)(?:[很太]懒了?)?什么[也都]没有?(?:写|说|填写?|留下?|评价)"
    f"|{_WHO}觉得商品(?:非常|特别|比较|很|较)?(?:好|差|不错|一般|满意)(?:给出了?0星(?:好评|评价)?)?"
    f"|{_WHO}{_ONLY}(?:[打评]了?分|(?:对商品)?(?:进行|评价)了?星级(?:评价)?)(?:{_NOT})?"
    f"|{_WHO}{_ONLY}?上传了?{_PICTURES}"
    f"|[此该本]条?(?:评论|评价){_ONLY}(?:包?含|有)(?:{_PICTURES}|星级|评分)"
    "|[此该本]条?(?:评论|评价|内容)(?:由|为|系)(?:系统|平台)(?:自动|默认)?生成的?"
    "|(?:系统|平台)(?:自动)?生成的?(?:好评|评价|评论)"
    f"|(?:暂时?|还)?(?:没有|未填写?|没有填写|无){_WHAT}|{_WHAT}为空"
    "|[此该]?商品已评价(?:暂?无内容)?"
    "|[此该本]?条?(?:评论|评价|追评|内容)(?:因?涉嫌违规|因违规)?(?:已经|已)?被?(?:系统|平台)?"
    "(?:删除|屏蔽|隐藏|折叠)"
    ")[哦哟噢喔呢]?"
    f"|{_WHO_EN}(?:(?:only)?(?:left|gave)(?:only)?a(?:star)?rating(?:only)?"
    "|(?:didnot|didnt|hasnot|hasnt)(?:leave|left|write|written|provided?|add|submit)"
    f"(?:an?y?)?{_WHAT_EN}(?:withinthetimelimit|intime)?(?:andhasleftjustarating)?"
    "(?:default0stars?)?"
    f"|leftno{_WHAT_EN}|skipped(?:this|the)question)"
    "|(?:the|this)?(?:review|comment|content)(?:is|was|hasbeen)?(?:removed|deleted|hidden)"
    "|this(?:review|comment|feedback)(?:is|was)(?:auto|automatically|system)generated"
    "(?:bythesystem)?"
    "|this(?:review|comment)(?:only)?contains(?:only)?(?:photo|image|picture|video)s?"
    "|wasthis(?:review)?helpful(?:toyou)?"
)
"""The ways of platforms to put that somebody said nothing: more than a list can hold."""
_INSERTED = re.compile(
    r"(?i:The media could not be loaded|Your browser does not support HTML5 video"
    r"|This is a modal window|Video player is loading)\.?"
    r"|\(Translated by Google\)"
    r"|(?m:^)[ \t]*[1-5][.,]0(?: out of 5 stars| ?颗星，最多 ?5 ?颗星)[ \t,.:|-]*"
    r"|(?:(?<![\d,])[\d,]++ people|\bOne person) found this helpful\b\.?"
    r"|(?<!\S)(?<!to )(?:Read|See|Show) (?:more|less)[ \t.]*(?m:$)"
)
"""Texts that shops and scrapers put into the words of a buyer. People write of `4 out of 5 stars`
too, and that they want to read more."""
_MARKED = re.compile(
    r"\s*(?:-(?:[23]|[789]\d|999)|[(（\[{<](?:empty|missing|none|skip)[)）\]}>])\s*", re.IGNORECASE
)
"""Codes of survey tools for no answer, and words that are none only within brackets."""
_IGNORED = ("P", "Z", "Sm", "Sk", "Cc")


class Boilerplate:
    """Texts that are no opinions when a whole review says nothing else.

    Args:
        texts: as platforms write them. Case, width, blanks and punctuation do not count, and any
            number stands for any other.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._keys = frozenset(key for text in texts if (key := _key(clean(text)[0])))
        self._longest = max(map(len, self._keys), default=0)

    @property
    def digest(self) -> str:
        """Equal for equal lists."""
        return sha256("\n".join(sorted(self._keys)).encode()).hexdigest()

    def holds(self, cleaned: str) -> bool:
        """Tell whether a cleaned review is one of the texts, or several one after the other."""
        if len(cleaned) <= 4 * self._longest and self._is_one(_key(cleaned)):
            return True
        has_text = False
        for part in _PARTS.split(cleaned):
            key = _key(part)
            if key and not (self._is_one(key) or _MARKED.fullmatch(part)):
                return False
            has_text = has_text or bool(key)
        return has_text

    def without(self, source: Source, parts: Iterable[Span]) -> Source:
        """A review without what nobody wrote: parts that hold nothing else, and what was put in.

        Args:
            source: the review.
            parts: where the columns of its text stand in the raw text, in order; may be empty.
        """
        raw, spans = source.raw, list(parts)
        ends = [*(span.start for span in spans[1:]), len(raw)]
        parted = [
            (span.start, end, "")
            for span, end in zip(spans, ends, strict=False)
            if self.holds(clean(span.of(raw))[0])
        ]
        if parted:
            text, dropped = apply_edits(raw, parted)
            cleaned, alignment = clean(text)
            source = Source(raw, cleaned, dropped.then(alignment))
        cleaned, dropped = apply_edits(source.cleaned, _put_in(source.cleaned))
        if dropped.is_identity:
            return source
        return Source(raw, cleaned, source.alignment.then(dropped))

    def _is_one(self, key: str) -> bool:
        return key in self._keys or _NOBODY.fullmatch(key) is not None


def boilerplate(file: Path | None = None) -> Boilerplate:
    """The shipped list, with the texts of a person's own file besides.

    Args:
        file: UTF-8, a text a line; blank lines and lines that begin with `//` are none.

    Raises:
        GuandianError: the file cannot be read.
    """
    if file is None:
        return _shipped()
    try:
        own = read_text(file, MOST_WORDS)
    except (OSError, UnicodeDecodeError) as error:
        raise GuandianError(
            f"cannot read the list of boilerplate {file}: {reason(error)}",
            "give a UTF-8 text file with a text a line",
        ) from error
    return Boilerplate([*_lines(_shipped_text()), *_lines(own)])


@cache
def _shipped() -> Boilerplate:
    return Boilerplate(_lines(_shipped_text()))


def _shipped_text() -> str:
    return files("guandian.mining").joinpath("boilerplate.txt").read_text(encoding="utf-8")


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip() and not line.startswith(COMMENT)]


def _put_in(cleaned: str) -> list[Edit]:
    """The sentences and phrases of a cleaned review that a platform wrote, as edits.

    A line break is left in the middle, so that no clause reaches across.
    """
    spans = [match.span() for match in _INSERTED.finditer(cleaned)]
    start = 0
    for stop in (*_PARTS.finditer(cleaned), None):
        end = stop.start() if stop else len(cleaned)
        if _NOBODY.fullmatch(_key(cleaned[start:end])):
            spans.append((start, stop.end() if stop else end))
        start = stop.end() if stop else end
    edits: list[Edit] = []
    reached = 0
    for begin, end in sorted(spans):
        start = max(begin, reached)
        if start < end:
            inside = cleaned[:start].strip() and cleaned[end:].strip()
            edits.append((start, end, "\n" if inside else ""))
            reached = end
    return edits


def _key(text: str) -> str:
    """The characters of a cleaned text that count: letters, emoji, a 0 for every number."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    characters = (
        character
        for character in folded
        if not unicodedata.category(character).startswith(_IGNORED)
    )
    return _DIGITS.sub("0", "".join(characters))
