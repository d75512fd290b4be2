"""Which column of a file holds what: guessed from the names, overruled by the caller."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from guandian.errors import GuandianError, likely
from guandian.files.columns.choice import ROLES, ColumnChoice
from guandian.files.columns.column_names import (
    ANSWERS,
    AROUND,
    ASKED,
    ASKERS,
    BARE_TITLES,
    BODIES,
    FOLLOW_UPS,
    NAMES,
    OTHERS,
    QUESTION,
    ROLE_OF,
    SIDES,
    STORES,
    THINGS,
    TITLES,
    WITHIN,
)
from guandian.files.table import WRITE_OBJECTS, NoReviews

_LIKE_TEXT = re.compile("review|comment|评论|评价|点评|評論")
_NOT_TEXT = re.compile(
    "id$|time|date|count|num|score|rating|star|label|title|user|author|url|len|link|language"
    "|repl(?:y|ied)|respon[sd]|seller|merchant|version|image|photo|video"
    "|时间|日期|数|分|级|人|标题|标签|编号|用户|类型|链接|回复|商家|卖家|客服|图|视频"
    "|是否|状态|方式"
)
_UNNAMED = re.compile(r"^column (\d+)$")
_LONGEST = 100
"""Characters of a name whose forms are kept."""
_BRACKETS = re.compile(r"\s*[(\[【][^()\[\]【】]*[)\]】]\s*$")
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
class ColumnGuess:
    """The columns by the part of a review that they hold, and those passed through as they are.

    Attributes:
        columns: a role of `ROLES` to the name of its column; `text` is always there.
        passed: the other columns, in the file's order.
        chosen: the roles that the caller named.
        parts: the columns of text in the order in which they are read; empty where it is one.
    """

    columns: dict[str, str]
    passed: tuple[str, ...]
    chosen: frozenset[str] = frozenset()
    parts: tuple[str, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """The columns of text, in the order in which they are read."""
        return self.parts or (self.columns["text"],)

    @property
    def en(self) -> str:
        """One line in English."""
        parts = [
            ("columns as asked", self._pairs(chosen=True)),
            ("columns guessed by name", self._pairs(chosen=False)),
            ("passed through", self.passed),
        ]
        return "; ".join(f"{what}: {', '.join(names)}" for what, names in parts if names)

    @property
    def zh(self) -> str:
        """One line in Chinese."""
        parts = [
            ("指定的列", self._pairs(chosen=True, names=_ZH)),
            ("按名称猜出的列", self._pairs(chosen=False, names=_ZH)),
            ("原样保留", [_UNNAMED.sub(r"第 \1 列", name) for name in self.passed]),
        ]
        return "；".join(f"{what}：{'、'.join(names)}" for what, names in parts if names)

    def _pairs(self, *, chosen: bool, names: Mapping[str, str] | None = None) -> list[str]:
        return [
            f"{(names or {}).get(role, role)} ="
            f" {' + '.join(self.texts) if role == 'text' else column}"
            for role, column in self.columns.items()
            if (role in self.chosen) is chosen
        ]


def guess_columns(
    header: Sequence[str], choice: ColumnChoice, path: str, has_names: bool = True
) -> ColumnGuess:
    """The columns of `header` by role; `choice` comes first, a column serves one role.

    Without names (`has_names`) the columns are numbered, and a single one is the text.

    Raises:
        GuandianError: when a chosen column is not there, is chosen twice, or none is text.
    """
    by_role: dict[str, str] = {}
    parts: list[str] = []
    for role in ROLES:
        value = getattr(choice, role)
        for request in value if isinstance(value, tuple) else (value,) if value else ():
            name = _chosen(header, request, role, path)
            if name in (*by_role.values(), *parts):
                raise GuandianError(
                    f"{path}: column {name!r} is asked for twice", f"change --columns {role}="
                )
            by_role.setdefault(role, name)
            if role == "text":
                parts.append(name)
    chosen = frozenset(by_role)
    for role in ROLES:
        assigned = {*by_role.values(), *parts}
        if role not in by_role and (guess := _by_name(header, role, assigned)):
            by_role[role] = guess
    if "text" not in by_role:
        assigned = set(by_role.values())
        by_role["text"] = (_like_text if has_names else _only)(header, assigned, path)
    if "text" not in chosen:
        parts = _parts(header, by_role)
    columns = {role: by_role[role] for role in ROLES if role in by_role}
    passed = tuple(name for name in header if name not in (*by_role.values(), *parts))
    return ColumnGuess(columns, passed, chosen, tuple(parts) if len(parts) > 1 else ())


def known_roles(cells: Sequence[str]) -> frozenset[str]:
    """The roles that have a column of a known name among the cells of a row."""
    return frozenset(role for role in ROLES if _by_name(cells, role, set()))


def known_names(cells: Sequence[str]) -> int:
    """The number of cells of a row that are names of columns."""
    return sum(role_named(cell) is not None for cell in cells)


def role_named(name: str) -> str | None:
    """The role of which a column of this name is, None where it is no known name."""
    forms = _forms(name)
    return ROLE_OF.get(forms.plain) or ROLE_OF.get(forms.short)


def is_answer(name: str) -> bool:
    """Tell whether a column holds what people answer to a question: `answers.q3_like`, `Q3`."""
    keys = name.split(".")
    return bool(
        QUESTION.match(keys[-1])
        or QUESTION.match(name)
        or name.rstrip().endswith(("?", "？", ":", "："))
        or any(_plain(key) in ANSWERS for key in keys[:-1])
    )


def names_a_text(cells: Sequence[str]) -> bool:
    """Tell whether a cell is like the name of a column of text, known or not."""
    return any(role_named(cell) == "text" or _is_like_text(cell) for cell in cells)


def _parts(header: Sequence[str], by_role: Mapping[str, str]) -> list[str]:
    """The columns that are one review with the text: headlines before it, the others behind."""
    names = {
        name: _forms(name)
        for name in header
        if name == by_role["text"] or name not in by_role.values()
    }
    titles, sure = TITLES, _forms(by_role["text"]).short in BODIES
    sure |= "product" in by_role and _forms(by_role["product"]).short in THINGS
    if sure or any(not STORES.isdisjoint((name.plain, name.short)) for name in map(_forms, header)):
        titles |= BARE_TITLES
    before = [
        name for name, forms in names.items() if not titles.isdisjoint((forms.plain, forms.short))
    ]
    behind = [name for name, forms in names.items() if _is_follow_up(name) or forms.short in SIDES]
    text = by_role["text"]
    return [
        *(name for name in before[:1] if name != text),
        text,
        *(name for name in behind if name != text),
    ]


def _chosen(header: Sequence[str], request: str, role: str, path: str) -> str:
    if request in header:
        return request
    if request.isdecimal() and 1 <= int(request) <= len(header):
        return header[int(request) - 1]
    raise NoReviews(
        f"{path} has no column {request!r} (asked for with --columns {role}=)",
        f"{likely(request, header)}its columns: {', '.join(header)}",
    )


def _by_name(header: Sequence[str], role: str, assigned: set[str]) -> str | None:
    names = [(name, _forms(name)) for name in reversed(header) if name not in assigned]
    # A key of its own stands before one within another: {"id": 1, "user": {"id": 2}}.
    by_form = {forms.short: name for name, forms in names} | {
        forms.plain: name for name, forms in names
    }
    within = {forms.last: name for name, forms in names if role != "id"}
    return next(
        (columns[name] for columns in (by_form, within) for name in NAMES[role] if name in columns),
        None,
    )


def _is_follow_up(name: str) -> bool:
    """Tell whether it is one, numbered or not: 追评, 买家追评, 追评内容2."""
    plain = re.sub(r"[\d一二三四五]+$", "", _plain(name))
    return plain in FOLLOW_UPS or ASKERS.sub("", plain) in FOLLOW_UPS


def may_be_text(name: str) -> bool:
    """Tell whether nothing in the name of a column speaks against a text of the review."""
    return role_named(name) in (None, "text") and not _NOT_TEXT.search(_plain(name))


def may_be_review(header: Sequence[str]) -> bool:
    """Tell whether the first row may be a review: words and a number, and no name that is known."""
    numbers = [name for name in header if re.fullmatch(r"\d{1,3}(?:\.\d)?", name)]
    words = [name for name in header if len(name) > 1 and name not in numbers]
    return bool(numbers and words) and not known_names(header)


def only_follow_up(guess: ColumnGuess) -> bool:
    """Tell whether what a buyer adds later was guessed to be the whole text."""
    return "text" not in guess.chosen and all(map(_is_follow_up, guess.texts))


def _is_like_text(name: str) -> bool:
    plain = _plain(name)
    return bool(_LIKE_TEXT.search(plain)) and not _NOT_TEXT.search(plain)


def _like_text(header: Sequence[str], assigned: set[str], path: str) -> str:
    free = [name for name in header if name not in assigned]
    later = [name for name in free if _is_follow_up(name)]
    sides = [name for name in free if _forms(name).short in SIDES]
    for name in (
        *sides,
        *(column for column in free if _is_like_text(column) and column not in later),
        *later,
    ):
        return name
    if not header:
        raise NoReviews(f"{path}: its rows have no column", WRITE_OBJECTS)
    raise NoReviews(
        f"{path}: no column looks like the text of a review; its columns: {', '.join(header)}",
        "name it with --columns text=NAME; if the first row is already a review, say --no-header",
    )


def _only(header: Sequence[str], assigned: set[str], path: str) -> str:
    left = [name for name in header if name not in assigned]
    if len(left) == 1:
        return left[0]
    raise NoReviews(
        f"{path}: which of its {len(header)} columns is the text of a review is not clear",
        "give its number, for example --columns text=1",
    )


class _Name:
    """A column's name: `plain`, and `short` without the keys around it that say nothing.

    `last` is its innermost key, without the number of a question; empty where a key around it
    names another thing.
    """

    def __init__(self, name: str) -> None:
        self.plain = self.short = _plain(name)
        keys = [key for key in name.split(".") if key and not key.isdecimal()]
        self.last = _last(keys)
        if len(keys) > 1:
            while len(keys) > 1 and _plain(keys[0]) in AROUND:
                del keys[0]
            if len(keys) > 1 and _plain(keys[-1]) in WITHIN:
                del keys[-1]
            self.short = _plain("".join(keys))


_kept = lru_cache(1 << 15)(_Name)


def _forms(name: str) -> _Name:
    """The forms of a name; of a wide header each is asked for by every role and line."""
    return (_kept if len(name) <= _LONGEST else _Name)(name)


def _last(keys: Sequence[str]) -> str:
    """The innermost key that says something, without a question's number and whom it asks."""
    if any(_names_another(key) for key in keys[:-1]):
        return ""
    last = next((key for key in reversed(keys) if _plain(key) not in WITHIN), "")
    if keys and last == keys[0] and _plain(last) not in ROLE_OF:
        last = keys[-1]
    question = QUESTION.sub("", last).rstrip(": ：?？")
    return ASKED.sub("", _plain(question))


def _names_another(key: str) -> bool:
    plain = _plain(key)
    return ROLE_OF.get(plain) in ("product", "brand", "user", "source") or bool(
        plain not in AROUND and OTHERS.search(plain)
    )


def _plain(name: str) -> str:
    """A name without case, marks and what stands in brackets at its end: `评分（1-5分）`."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\s_\-.:?]", "", _BRACKETS.sub("", plain) or plain)
