"""Which column of a file holds what: guessed from the names, overruled by the caller."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from guandian.errors import GuandianError

ROLES = ("text", "id", "product", "brand", "rating", "time", "user", "source")
"""The parts of a review that a column can hold, in the order in which people are told."""

_NAMES = {
    "text": (
        "text review reviewtext reviewbody reviewcontent content comment comments commenttext"
        " commentcontent reviews body feedback sentence message texta"
        " 评论内容 评价内容 评论 评价 评论正文 评论文本 用户评论 用户评价 点评内容 点评 评语"
        " 内容 正文 文本 反馈 留言 評論內容 評論 評價 內容"
    ),
    "id": "id reviewid commentid 评论id 评价id 编号 评论编号 序号 rowid uuid",
    "product": (
        "product productname producttitle productid item itemname itemid sku asin goods goodsname"
        " 产品 商品 产品名称 商品名称 产品名 商品名 型号 机型 產品"
    ),
    "brand": "brand brandname manufacturer 品牌 品牌名称 品牌名 厂商",
    "rating": "rating score stars star starrating overall rate 评分 星级 打分 得分 分数 评级 評分",
    "time": (
        "time date datetime timestamp reviewtime reviewdate commenttime commentdate createdat"
        " createtime createdtime created postedat publishtime unixreviewtime"
        " 时间 日期 评论时间 评价时间 评论日期 评价日期 发表时间 发布时间 创建时间 時間"
    ),
    "user": (
        "user userid username nickname author reviewer reviewername reviewerid customer customerid"
        " 用户 用户名 用户id 用户昵称 昵称 买家 买家昵称 作者 会员"
    ),
    "source": "source platform channel site website 来源 渠道 平台 网站 來源",
}
_LIKE_TEXT = re.compile("review|comment|评论|评价|点评|評論")
_NOT_TEXT = re.compile(
    "id$|time|date|count|num|score|rating|star|label|title|user|author|url|len"
    "|时间|日期|数|分|级|人|标题|标签|编号|用户|类型|链接"
)
_ZH = {
    "text": "正文",
    "id": "编号",
    "product": "产品",
    "brand": "品牌",
    "rating": "评分",
    "time": "时间",
    "user": "用户",
    "source": "来源",
}


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """Columns that the caller names, by name or 1-based position; None leaves it to the guess."""

    text: str | None = None
    id: str | None = None
    product: str | None = None
    brand: str | None = None
    rating: str | None = None
    time: str | None = None
    user: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class ColumnGuess:
    """Which column holds which part of a review, and which ones are passed through as they are.

    Attributes:
        columns: a role of `ROLES` to the name of its column; `text` is always there.
        passed: the other columns, in the file's order.
        chosen: the roles that the caller named.
    """

    columns: dict[str, str]
    passed: tuple[str, ...]
    chosen: frozenset[str] = frozenset()

    @property
    def en(self) -> str:
        """One line in English."""
        parts = [
            ("columns as asked", self._pairs(given=True)),
            ("columns guessed by name", self._pairs(given=False)),
            ("passed through", self.passed),
        ]
        return "; ".join(f"{what}: {', '.join(names)}" for what, names in parts if names)

    @property
    def zh(self) -> str:
        """One line in Chinese."""
        parts = [
            ("指定的列", self._pairs(given=True, names=_ZH)),
            ("按名称猜出的列", self._pairs(given=False, names=_ZH)),
            ("原样保留", self.passed),
        ]
        return "；".join(f"{what}：{'、'.join(names)}" for what, names in parts if names)

    def _pairs(self, *, given: bool, names: Mapping[str, str] | None = None) -> list[str]:
        return [
            f"{(names or {}).get(role, role)} = {column}"
            for role, column in self.columns.items()
            if (role in self.chosen) is given
        ]


def guess_columns(
    header: Sequence[str], choice: ColumnChoice, path: str, has_names: bool = True
) -> ColumnGuess:
    """The columns of `header` by role; `choice` comes first, a column serves one role.

    Without names (`has_names`) the columns are numbered, and a single one is the text.

    Raises:
        GuandianError: when a chosen column is not there, is chosen twice, or none is text.
    """
    found: dict[str, str] = {}
    for role in ROLES:
        wanted = getattr(choice, role)
        if wanted is not None:
            name = _chosen(header, wanted, role, path)
            if name in found.values():
                raise GuandianError(
                    f"{path}: column {name!r} is asked for twice", f"change --{role}-column"
                )
            found[role] = name
    chosen = frozenset(found)
    for role in ROLES:
        if role not in found and (guess := _by_name(header, role, set(found.values()))):
            found[role] = guess
    if "text" not in found:
        taken = set(found.values())
        found["text"] = (_like_text if has_names else _only)(header, taken, path)
    columns = {role: found[role] for role in ROLES if role in found}
    passed = tuple(name for name in header if name not in found.values())
    return ColumnGuess(columns, passed, chosen)


def _chosen(header: Sequence[str], wanted: str, role: str, path: str) -> str:
    if wanted in header:
        return wanted
    if wanted.isdecimal() and 1 <= int(wanted) <= len(header):
        return header[int(wanted) - 1]
    raise GuandianError(
        f"{path} has no column {wanted!r} (asked for with --{role}-column)",
        f"its columns: {', '.join(header)}",
    )


def _by_name(header: Sequence[str], role: str, taken: set[str]) -> str | None:
    plain = {_plain(name): name for name in reversed(header) if name not in taken}
    return next((plain[name] for name in _NAMES[role].split() if name in plain), None)


def _like_text(header: Sequence[str], taken: set[str], path: str) -> str:
    for name in header:
        plain = _plain(name)
        if name not in taken and _LIKE_TEXT.search(plain) and not _NOT_TEXT.search(plain):
            return name
    raise GuandianError(
        f"{path}: no column looks like the text of a review; its columns: {', '.join(header)}",
        "name it with --text-column NAME; if the first row is already a review, say --no-header",
    )


def _only(header: Sequence[str], taken: set[str], path: str) -> str:
    left = [name for name in header if name not in taken]
    if len(left) == 1:
        return left[0]
    raise GuandianError(
        f"{path}: which of its {len(header)} columns is the text of a review is not clear",
        "give its number, for example --text-column 1",
    )


def _plain(name: str) -> str:
    return re.sub(r"[\s_\-.:：]", "", unicodedata.normalize("NFKC", name).casefold())
