"""Rows of one generation of a tenant's store: which parts hold them, and what is laid over them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from guandian.data.own_categories import OwnCategories
from guandian.domain import Mined, Review
from guandian.evaluation.intervals.clustered import Tally
from guandian.io.optional_libraries import needs
from guandian.store.answers import tally_of
from guandian.store.duck import Duck, sql
from guandian.store.latest_rows import LatestRows, latest_of
from guandian.store.overlay import JudgedOpinion, Said, judged_opinions
from guandian.store.part_numbers import StoredIds
from guandian.store.parts.bucket_clock import BucketClock
from guandian.store.parts.generation import Generation, read_generation, refuse_unread
from guandian.store.parts.part_files import COLUMNS, SEGMENT_KINDS, TOTAL_KINDS, Kind, schema
from guandian.store.parts.store_rows import COPY, dimensions, hash_of, opinion_rows, pair_of
from guandian.store.parts.sum_changes import sums_between
from guandian.store.parts.text_files import TextFiles
from guandian.store.rollups import RowSource, overlay_for, reviews_for, sums_for
from guandian.store.selection import Parameters, Selection, own_path
from guandian.store.text_search import (
    Integers,
    different_rows,
    folded,
    matching_rows,
    range_of,
    wanted_grams,
)
from guandian.text.aspect_names import Synonyms, synonyms

_ALONE: tuple[Kind, ...] = ("reviews", "sums", "opinions")
"""Parts that are read of segments that no roll-up covers."""

Pairs = Mapping[int, tuple[Review, Mined]]
Keyed = dict[Any, Tally]


@dataclass(frozen=True, slots=True)
class Laid:
    """What lies over the parts.

    Attributes:
        said: what people said of opinions, in the order of saying, by the id of the review.
        names: names of aspects of the tenant's own, by `aspect_key`, with the key that they go by.
        categories: those that the tenant wants to see.
        key: another where something else is said.
    """

    said: Mapping[str, Sequence[Said]] = field(default_factory=dict)
    names: Synonyms = field(default_factory=dict)
    categories: OwnCategories = field(default_factory=OwnCategories)
    key: int = 0

    @classmethod
    def of(
        cls, said: Iterable[Said], names: Synonyms | None, categories: OwnCategories | None
    ) -> Laid:
        """What people said, in the order of saying."""
        by_review: dict[str, list[Said]] = defaultdict(list)
        for word in said:
            by_review[word.review].append(word)
        words = [
            (w.opinion, w.review, w.action, repr(w.fields)) for ws in by_review.values() for w in ws
        ]
        categories = categories or OwnCategories()
        key = hash((tuple(words), tuple(sorted((names or {}).items())), categories))
        return cls(by_review, names or {}, categories, key)


class Views:
    """Opens generations; the last one of each tenant is kept, with what was computed for it.

    Args:
        duck: what reads parts.
        ids: finds reviews.
    """

    def __init__(self, duck: Duck, ids: StoredIds) -> None:
        self._readers = duck, TextFiles(), LatestRows(duck), ids
        self._kept: dict[Path, tuple[object, View]] = {}

    def present(self, folder: Path, laid: Laid) -> View:
        """The present generation of a tenant's folder.

        Raises:
            GuandianError: its manifest cannot be read, or this user may not read a part.
        """
        generation = read_generation(folder)
        there = frozenset(path.name for path in folder.glob("*.parquet"))
        key = (generation.number, generation.files() & there, laid.key)
        known, view = self._kept.get(folder, (None, None))
        if view is None or known != key:
            refuse_unread(folder, sorted(generation.files() & there))
            view = View(folder, generation, self._readers, laid, there)
            self._kept[folder] = key, view
        return view


class View:
    """The rows of one generation.

    Args:
        folder: of the tenant's parts.
        generation: that it sees.
        readers: what reads parts.
        laid: what lies over them.
        there: names of the parts that are there.

    Attributes:
        incomplete: parts that are missing; the rest is served.
    """

    def __init__(
        self,
        folder: Path,
        generation: Generation,
        readers: tuple[Duck, TextFiles, LatestRows, StoredIds],
        laid: Laid,
        there: Collection[str],
    ) -> None:
        duck, self._texts, self._latest, self._ids = readers
        self.generation, self._duck, self._laid = generation, duck, laid
        there = set(there)
        whole = [s for s in generation.segments if there.issuperset(s.parts.values())]
        self.incomplete = tuple(
            name
            for segment in generation.segments
            for name in segment.parts.values()
            if name not in there
        )
        self._totals = not self.incomplete and all(
            there.issuperset(totals.parts.values()) and totals.parts.keys() >= set(TOTAL_KINDS)
            for totals in generation.totals
        )
        self._files: Parameters = {}
        for kind in SEGMENT_KINDS:
            self._files[kind] = duck.paths(kind, [folder / s.parts[kind] for s in whole])
        for kind in TOTAL_KINDS if self._totals else ():
            self._files[kind] = duck.paths(
                kind, [folder / t.parts[kind] for t in generation.totals]
            )
        covered = {name for totals in generation.totals for name in totals.covers}
        fresh = [s for s in whole if s.parts["reviews"] not in covered]
        for kind in _ALONE:
            self._files[f"fresh_{kind}"] = duck.paths(kind, [folder / s.parts[kind] for s in fresh])
        self._review_parts = cast("list[str]", self._files["reviews"])
        self._text_parts = [folder / segment.parts["texts"] for segment in whole]

    def query(
        self,
        query: str,
        values: Mapping[str, object] | None = None,
        words: Mapping[str, str] | None = None,
        **tables: Any,
    ) -> list[tuple[Any, ...]]:
        """The rows of a query over the parts; as `Duck.rows`."""
        return self._duck.rows(query, self._files | dict(values or {}), words, self._with(tables))

    def table(
        self,
        query: str,
        values: Mapping[str, object] | None = None,
        words: Mapping[str, str] | None = None,
        **tables: Any,
    ) -> Any:
        """The same as an Arrow table."""
        return self._duck.table(query, self._files | dict(values or {}), words, self._with(tables))

    def tallies(
        self,
        selection: Selection,
        keys: Sequence[str] = (),
        *,
        of_product: bool,
        most: int | None = None,
        raw: bool = False,
    ) -> Keyed:
        """The tallies of the opinions chosen, by some columns.

        Args:
            selection: of the opinions.
            keys: names of columns, `day` too; opinions without one of them are left out.
            of_product: whether opinions count that count for their product.
            most: how many are wanted, those with the most opinions; None wants all.
            raw: read the opinions themselves where roll-ups would do.

        Returns:
            By the value of the column, or a tuple of several; by None without columns.
        """
        source = None
        if not raw and not self._renamed(selection, keys):
            source = sums_for(selection, keys, of_product=of_product, totals=self._totals)
        if source is None:
            return self._spoken(selection, keys, most, of_product=of_product)
        text, values = source.text, source.values
        if self._laid.said:
            over, more = overlay_for(selection, keys, of_product=of_product)
            text, values = f"{text} union all {over}", values | more
        there = [f"{key} is not null" for key in keys]
        words = {"by": _by(keys), "source": text, "where": " and ".join(["true", *there])}
        return _keyed(self.query("added", values | {"most": most}, words), keys)

    def _renamed(self, selection: Selection, keys: Sequence[str]) -> bool:
        """Whether roll-ups know what is asked for under other names than the tenant's own."""
        aspects = self._laid.names and ("aspect" in keys or selection.aspects)
        return bool(aspects or (self._groups and ("category" in keys or selection.categories)))

    @cached_property
    def _groups(self) -> dict[str, str]:
        return self._laid.categories.groups

    def _spoken(
        self,
        selection: Selection,
        keys: Sequence[str],
        most: int | None,
        *,
        of_product: bool,
    ) -> Keyed:
        where, values = self.conditions(selection, of_product=of_product)
        where += "".join(f" and {key} is not null" for key in keys)
        words = {"by": _by(keys), "where": where, "source": self.opinions}
        tables = self.matching(selection)
        return _keyed(self.query("tallies", values | {"most": most}, words, **tables), keys)

    def counted(
        self,
        keys: Sequence[str],
        clock: BucketClock,
        own: str | None,
        rows: int = 0,
        *,
        of_product: bool,
    ) -> Any:
        """Who complains of something and who speaks of it, by bucket of time; as an Arrow table.

        A user counts once in a bucket, whatever number of reviews are theirs.

        Args:
            keys: names of columns; `own` is the owner's column.
            clock: of the buckets.
            own: the name of the owner's column, None without one.
            rows: that had been given out before those that count.
            of_product: whether opinions count that count for their product.

        Returns:
            Columns `bucket`, those of `keys`, `complaints` and `volume`.
        """
        where = " and ".join(f"{key} is not null" for key in keys)
        words = {"by": ", ".join(keys), "where": where}
        values: Parameters = {"number": clock.number, "first": clock.first, "width": clock.width}
        source, rolled = None, not (rows or clock.hours or own or self._bears_clocks)
        if rolled and not self._renamed(Selection(), keys):
            source = self._sums(["day", *keys], of_product=of_product)
        if source is not None:
            words["source"] = source.text
            given = self._files | source.values | values
            return self._duck.table("rolled_series", given, words, self._with({}))
        words |= {
            "bucket": clock.sql(),
            "own": "null" if own is None else "json_extract_string(own, $own)",
            "source": self.opinions,
            "counts": "again" if of_product else "first",
        }
        values |= {"own": own_path(own or ""), "rows": rows}
        return self._duck.table("counted_series", self._files | values, words, self._with({}))

    def _sums(self, keys: Sequence[str], *, of_product: bool) -> RowSource | None:
        """The sums of all opinions by some columns, with what people corrected over them."""
        source = sums_for(Selection(), keys, of_product=of_product, totals=self._totals)
        if source is None or not self._laid.said:
            return source
        over, more = overlay_for(Selection(), keys, of_product=of_product)
        return RowSource(f"{source.text} union all {over}", source.values | more)

    @cached_property
    def _bears_clocks(self) -> bool:
        """Whether any review bears a zone or a user, so that sums by its written day do not do."""
        ((zones, users),) = self.query("clocks")
        return bool(zones or users)

    def cells(self, selection: Selection, *, of_product: bool) -> Keyed:
        """The tallies by category, aspect, product and source, each of which may be None."""
        where, values = self.conditions(selection, of_product=of_product)
        words = {"where": where, "source": self.opinions}
        rows = self.query("cells", values, words, **self.matching(selection))
        return {tuple(row[:4]): tally_of(row[4:]) for row in rows}

    def sliced(
        self, selection: Selection, own: str | None, *, of_product: bool
    ) -> list[tuple[Any, ...]]:
        """Reviews that speak and that complain by where they stand; as `queries/sliced.sql`.

        Args:
            selection: of the opinions.
            own: the owner's column that is told besides, None without one.
            of_product: whether opinions count that count for their product.
        """
        where, values = self.conditions(selection, of_product=of_product)
        words = {
            "where": where,
            "source": self.opinions,
            "own": "null" if own is None else "json_extract_string(own, $own)",
        }
        values |= {"own": own_path(own or "")}
        return self.query("sliced", values, words, **self.matching(selection))

    def conditions(self, selection: Selection, *, of_product: bool) -> tuple[str, Parameters]:
        """SQL over opinions, and its parameters; it may name the table `matching`."""
        if self._groups and selection.categories:
            own = (self._groups.get(key, key) for key in selection.categories)
            selection = replace(selection, categories=tuple(dict.fromkeys(own)))
        words, values = selection.conditions()
        if folded(selection.containing):
            words.append("row in (select row from matching)")
        return " and ".join(["again" if of_product else "first", *words]), values

    def matching(self, selection: Selection) -> dict[str, Any]:
        """The table `matching` of the reviews with the words of a selection; none without any."""
        words = folded(selection.containing)
        return {"matching": _rows_table(self.rows_with(words))} if words else {}

    def rows_with(self, words: str) -> Integers:
        """The rows of the reviews that hold folded words, sorted."""
        if ends := range_of(words):
            within = {"least": ends[0], "most": ends[1]}
            table = self._duck.table("characters", self._files | within)
            return different_rows(table["place"].to_numpy())
        grams = wanted_grams(words)
        names = {f"gram_{k}": gram for k, gram in enumerate(grams)}
        listed = {"grams_in": ", ".join(f"${name}" for name in names)}
        table = self._duck.table("grams", self._files | names, listed)
        gram, where = table["gram"].to_numpy(), table["place"].to_numpy()
        return matching_rows({its: where[gram == its] for its in grams}, grams)

    def latest(self, words: str, selection: Selection, most: int) -> tuple[int, list[int]]:
        """How many reviews of a selection hold folded words, and the rows of the latest."""
        rows = self.rows_with(words)
        return latest_of(self._latest.chosen(self._review_parts, selection), rows, most)

    def reviews(self, selection: Selection, *, of_product: bool) -> list[tuple[Any, ...]]:
        """What is told of whole reviews, by kinds of review; as `queries/reviews.sql`."""
        tables = self.matching(selection)
        source = reviews_for(selection, totals=self._totals, matching=bool(tables))
        words = {"state": "again" if of_product else "first", "source": source.text}
        return self.query("reviews", source.values, words, **tables)

    @property
    def own_names(self) -> Synonyms:
        """The tenant's own names of aspects."""
        return self._laid.names

    @property
    def own_categories(self) -> OwnCategories:
        """The categories that the tenant wants to see."""
        return self._laid.categories

    @property
    def opinions(self) -> str:
        """SQL of the opinions, with what lies over them."""
        source = sql("opinions")
        if self._laid.said:
            source = sql("overlaid").replace("{columns}", ", ".join(COLUMNS["opinions"]))
        if self._laid.names:
            source = sql("renamed").replace("{source}", source)
        if self._groups:
            source = sql("regrouped").replace("{source}", source)
        return source

    def pairs(self, rows: Iterable[int]) -> Pairs:
        """Reviews with what was mined from them, as they were stored."""
        records = self._texts.records(self._text_parts, rows)
        return {row: pair_of(record) for row, record in records.items()}

    def judged(self, pair: tuple[Review, Mined]) -> list[JudgedOpinion]:
        """The opinions of a review, with what people said of them."""
        return judged_opinions(*pair, self._laid.said.get(pair[0].id, ()))

    def spoken_of(self, selection: Selection, *, of_product: bool) -> set[tuple[Any, ...]]:
        """Row and ordinal of the opinions chosen of which people said something."""
        if not self._laid.said:
            return set()
        where, values = self.conditions(selection, of_product=of_product)
        where += " and row in (select row from affected)"
        words = {"where": where, "order": "row, ordinal", "source": self.opinions}
        values |= {"limit": 1 << 40, "offset": 0}
        rows = self.query("quotes", values, words, **self.matching(selection))
        judged = {row: self.judged(pair) for row, pair in self.pairs(r for r, _ in rows).items()}
        return {(row, ordinal) for row, ordinal in rows if judged[row][ordinal].corrected}

    def spellings(self, keys: Sequence[str]) -> list[tuple[Any, ...]]:
        """Aspect, name, written form, number and first row of aspects; the commonest first."""
        source = sql("spelled" if self._totals else "spelled_anew")
        if self._laid.names:
            source = sql("renamed").replace("{source}", source)
        return self.query("spellings", {"keys": list(keys)}, {"source": source})

    @cached_property
    def days(self) -> tuple[date | None, date | None]:
        """The first and the last day of all reviews read."""
        rows = self.reviews(Selection(), of_product=False)
        read = [row for row in rows if row[1] > COPY]
        first = min((row[10] for row in read if row[10]), default=None)
        return first, max((row[11] for row in read if row[11]), default=None)

    def versions(self, review: str) -> list[tuple[int, bool]]:
        """The rows of a review, and whether readers see them."""
        rows = self.of_ids([hash_of(review)])
        return [(row, current) for row, name, current in rows if name == review]

    def of_ids(self, ids: Collection[int]) -> list[tuple[int, str, bool]]:
        """All versions of reviews whose ids have these numbers: row, id, whether readers see it."""
        rows: list[Any] = self._ids.rows("versions", self._review_parts, ids)
        return rows

    def _with(self, tables: Mapping[str, Any]) -> dict[str, Any]:
        return dict(tables) | self._over

    @cached_property
    def _over(self) -> dict[str, Any]:
        """The tables that lie over the parts."""
        arrow = needs("pyarrow", "serve", "a store")
        tables: dict[str, Any] = {}
        if self._laid.names:
            names = self._laid.names
            tables["renames"] = arrow.table({"name": [*names], "aspect": [*names.values()]})
        if groups := self._groups:
            tables["regroups"] = arrow.table({"category": [*groups], "own": [*groups.values()]})
        if self._laid.said:
            tables |= self._corrected()
        return tables

    def _corrected(self) -> dict[str, Any]:
        arrow = needs("pyarrow", "serve", "a store")
        names = [*self._laid.said]
        wanted = self._laid.said.keys()
        rows = [r for r, name, seen in self.of_ids([hash_of(name) for name in names]) if seen]
        pairs = {r: pair for r, pair in self.pairs(rows).items() if pair[0].id in wanted}
        affected = _rows_table(sorted(pairs))
        before = self._duck.table("rows_of", self._files, tables={"affected": affected})
        states = self._duck.rows("states_of", self._files, tables={"affected": affected})
        after = self._rows_after(pairs, before.to_pylist(), states)
        form = schema("opinions")
        over = arrow.table({n: [r[n] for r in after] for n in form.names}, schema=form)
        sums = sums_between(before, over)
        return {"affected": affected, "overlay": over, "overlay_sums": sums}

    def _rows_after(
        self, pairs: Pairs, before: Sequence[Mapping[str, Any]], states: Sequence[Any]
    ) -> list[dict[str, Any]]:
        """The rows of the opinions of these reviews as people corrected them."""
        counts = {(row["row"], row["part"]): (row["first"], row["again"]) for row in before}
        whole = {row: (first > COPY, again > COPY) for row, first, again in states}
        shipped = synonyms()
        after = []
        for row, (review, mined) in pairs.items():
            shown = tuple(its.opinion for its in self.judged((review, mined)))
            for values in opinion_rows(review, replace(mined, opinions=shown), shipped):
                first, again = counts.get((row, values["part"]), whole[row])
                flags = {"row": row, "first": first, "again": again}
                after.append(dimensions(review, mined) | values | flags)
        return after


def _by(keys: Sequence[str]) -> str:
    if len(keys) < 2:
        return keys[0] if keys else "0"
    return f"struct_pack({', '.join(f'{key} := {key}' for key in keys)})"


def _keyed(rows: Sequence[tuple[Any, ...]], keys: Sequence[str]) -> Keyed:
    tallies: Keyed = {}
    for key, *sums in rows:
        tally = tally_of(sums)
        if tally.opinions:
            tallies[tuple(key.values()) if len(keys) > 1 else key if keys else None] = tally
    return tallies


def _rows_table(rows: Any) -> Any:
    arrow = needs("pyarrow", "serve", "a store")
    return arrow.table({"row": arrow.array(rows, arrow.int64())})
