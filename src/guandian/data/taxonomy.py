"""The default taxonomy, and the way from each set's categories to it."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files

from guandian.data.corpora import Corpus, corpora, corpus
from guandian.domain import Labelled
from guandian.errors import GuandianError
from guandian.wording import wanted


@dataclass(frozen=True, slots=True)
class Category:
    """A category of the default taxonomy: its key, and its name and definition for people."""

    key: str
    zh: str
    en: str
    definition_zh: str
    definition_en: str


@cache
def taxonomy() -> dict[str, Category]:
    """The default categories by key, in the order in which models count them."""
    return {key: Category(key, **row) for key, row in _table("taxonomy.toml").items()}


def taxonomy_names() -> dict[str, tuple[str, str]]:
    """The Chinese and the English name of each default category."""
    return {key: (row.zh, row.en) for key, row in taxonomy().items()}


@cache
def mapping() -> dict[str, dict[str, str]]:
    """The patterns of categories and the default keys of each table; the first that fits holds."""
    return _table("mapping.toml")


def default_category(category: str, table: str) -> str | None:
    """The default key of a set's category by a table of the mapping; None when no row fits."""
    folded = category.casefold()
    return next(
        (key for row, key in mapping()[table].items() if fnmatchcase(folded, row.casefold())), None
    )


def categories(records: Iterable[Labelled]) -> tuple[str, ...]:
    """The categories that stand in `records`, sorted."""
    quads = (quad for record in records for quad in record.quads or ())
    return tuple(sorted({quad.category for quad in quads if quad.category is not None}))


def unmapped(names: Iterable[str], source: Corpus | str) -> list[str]:
    """The categories of a set that the mapping leaves out, sorted; to be empty."""
    table = _categories_of(source)
    return sorted(name for name in set(names) if default_category(name, table) is None)


_NAMED = 20
"""Categories that an error names; the others are counted."""
DEFAULT = "default"
"""In place of a table of the mapping: the set is annotated in the default taxonomy itself."""


def to_default(record: Labelled, source: Corpus | str | None = None) -> Labelled:
    """`record` with the default taxonomy's categories in place of its set's own.

    Args:
        record: a record of a set; a set without categories comes back as it is.
        source: the set or its name; the record's own where none is given. A set that the table
            does not know must have the default categories already.

    Raises:
        GuandianError: for a category that the mapping leaves out.
    """
    return all_to_default([record], source)[0]


def all_to_default(
    records: Sequence[Labelled], source: Corpus | str | None = None
) -> list[Labelled]:
    """Each of `records` as `to_default` gives it.

    Raises:
        GuandianError: for categories that the mapping leaves out; every one is counted.
    """
    tables = {row.dataset: _table_of(row, source) for row in records if _has_categories(row)}
    for dataset, table in tables.items():
        lacking = Counter(
            quad.category
            for row in records
            for quad in (row.quads or () if row.dataset == dataset else ())
            if quad.category is not None and _default(quad.category, table) is None
        )
        if lacking and table == DEFAULT:
            raise GuandianError(
                f"categories of {dataset} that the default taxonomy lacks: "
                f"{counted_names(lacking)}",
                "use the keys that `guandian data taxonomy` lists, or keep your own: "
                '`categories = "own"` in a recipe, `--category-mapping own` when evaluating',
            )
        if lacking:
            raise GuandianError(
                f"categories of {dataset} without a default one: {counted_names(lacking)}",
                f"add them to [{table}] in guandian/data/mapping.toml",
            )
    return [_mapped(row, tables[row.dataset]) if _has_categories(row) else row for row in records]


def counted_names(names: Counter[str]) -> str:
    """Names with how often each stands, the commonest first; the rarest of many are `…`."""
    ordered = sorted(names.items(), key=lambda item: (-item[1], item[0]))
    items = [f"{name} ({times:,})" for name, times in ordered[:_NAMED]]
    return ", ".join([*items, *([f"… (+{len(ordered) - _NAMED:,})"] if ordered[_NAMED:] else [])])


_IN_ENGLISH = (
    """# The default taxonomy

[中文](zh/taxonomy.md)

What an opinion is about: one of 25 categories, the same for every domain. This page is
written by `guandian data taxonomy`; a test keeps it equal.""",
    """## From the sets' own categories

`*` stands for any characters, case does not count, the first row that fits decides.""",
    "For {}.",
    "| category of the set | default |",
)
_IN_CHINESE = (
    """# 默认类别体系

[English](../taxonomy.md)

观点所评价的是什么：25 个类别之一，对所有领域都相同。
本页由 `guandian --language zh data taxonomy` 写出，有测试保证两者一致。""",
    """## 从各数据集自己的类别

`*` 代表任意字符，不分大小写，以第一条符合的为准。""",
    "用于 {}。",
    "| 数据集的类别 | 默认类别 |",
)


def taxonomy_page() -> str:
    """The taxonomy and its mapping as Markdown: docs/taxonomy.md, or docs/zh/taxonomy.md.

    In Chinese where that alone is the language wanted.
    """
    begin, own, of_sets, heading = _IN_CHINESE if wanted() == "zh" else _IN_ENGLISH
    lines = [
        begin,
        "",
        "| key | 名称 | name | 定义 | definition |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| `{c.key}` | {c.zh} | {c.en} | {c.definition_zh} | {c.definition_en} |"
        for c in taxonomy().values()
    ]
    lines += ["", own]
    for table, rows in mapping().items():
        names = ", ".join(f"`{c.name}`" for c in corpora().values() if c.categories == table)
        lines += ["", f"### {table}", "", of_sets.format(names), ""]
        lines += [heading, "|---|---|"]
        lines += [f"| {row.replace('*', chr(92) + '*')} | `{key}` |" for row, key in rows.items()]
    return "\n".join(lines) + "\n"


def _has_categories(record: Labelled) -> bool:
    return any(quad.category is not None for quad in record.quads or ())


def _table_of(record: Labelled, source: Corpus | str | None) -> str:
    if source is None and record.dataset not in corpora():
        return DEFAULT
    return _categories_of(record.dataset if source is None else source)


def _mapped(record: Labelled, table: str) -> Labelled:
    if table == DEFAULT:
        return record
    quads = (
        quad if quad.category is None else replace(quad, category=_default(quad.category, table))
        for quad in record.quads or ()
    )
    # Two categories may become one: a pair that stood in both is then said once.
    return replace(record, quads=tuple(dict.fromkeys(quads)))


@cache
def _default(category: str, table: str) -> str | None:
    if table == DEFAULT:
        return category if category in taxonomy() else None
    return default_category(category, table)


def _categories_of(source: Corpus | str) -> str:
    known_set = corpus(source) if isinstance(source, str) else source
    if not known_set.categories:
        raise GuandianError(
            f"{known_set.name} annotates no categories",
            "nothing is to be mapped: leave it as it is",
        )
    return known_set.categories


def _table(name: str) -> dict[str, dict[str, str]]:
    text = files("guandian.data").joinpath(name).read_text(encoding="utf-8")
    return tomllib.loads(text)
