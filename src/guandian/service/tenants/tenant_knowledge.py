"""Catalogues and lexicons of tenants: read when they are given, shown beside what is mined."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Literal

from guandian.domain import Mined, Review
from guandian.errors import BadRow, GuandianError
from guandian.io.atomic import move_into_place, telling
from guandian.knowledge.known_reviews import KnownThings
from guandian.pipelines.knowledge.known_files import KnownFiles
from guandian.service.problems import Problem
from guandian.service.tenants.recently_used import RecentlyUsed

KnowledgeKind = Literal["catalogue", "lexicon"]
KINDS: tuple[KnowledgeKind, ...] = ("catalogue", "lexicon")
ENDINGS: dict[KnowledgeKind, tuple[str, ...]] = {
    "catalogue": (".csv", ".tsv", ".jsonl", ".json", ".jsonld"),
    "lexicon": (".csv", ".tsv", ".jsonl"),
}
_MOST_BYTES = 64 << 20
"""Bytes of files whose knowledge stays in memory; that of others is read again when they call."""


@dataclass(frozen=True, slots=True)
class HeldKnowledge:
    """What a tenant's files hold.

    Attributes:
        files: those that there are.
        things: what they say.
        bad: rows that could not be read.
    """

    files: KnownFiles
    things: KnownThings
    bad: Sequence[BadRow]


class TenantKnowledge:
    """A catalogue and a lexicon for each tenant that gave one.

    What they say of a review is told where the review is: it follows from its text and its
    opinions, so nothing of it is stored, and another catalogue counts for all reviews at once.

    Args:
        folder: in which each tenant has one; nobody else writes there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._lock = folder, Lock()
        self._open = RecentlyUsed[str, HeldKnowledge](_MOST_BYTES)
        self._files = {path.name: _files_in(path) for path in folder.glob("*/")}

    def holds(self, tenant: str) -> bool:
        """Tell whether a tenant gave anything; it reads nothing."""
        files = self._files.get(tenant)
        return files is not None and bool(files.paths)

    def of(self, tenant: str) -> HeldKnowledge | None:
        """What a tenant gave; None where it gave nothing.

        Raises:
            GuandianError: it cannot be read any more.
        """
        if not self.holds(tenant):
            return None
        with self._lock:
            held = self._open.get(tenant)
            if held is None:
                held = _read(self._files[tenant])
                size = sum(path.stat().st_size for path in held.files.paths)
                self._open.put(tenant, held, size)
            return held

    def put(self, tenant: str, kind: KnowledgeKind, name: str, content: bytes) -> HeldKnowledge:
        """Take a file in place of the one that was there; it counts from now on.

        Args:
            tenant: whose.
            kind: what it is.
            name: as its owner calls it; its ending tells the format.
            content: bytes.

        Raises:
            Problem: 422 where it cannot be read or holds nothing; what was there stays.
        """
        ending = Path(name).suffix.lower()
        if ending not in ENDINGS[kind]:
            raise Problem(
                422,
                "invalid",
                f"a {kind} is not read from {name[:80]!r}",
                f"send a file that ends in {', '.join(ENDINGS[kind])}",
            )
        folder = self._folder / tenant
        fresh, path = folder / f".{secrets.token_hex(8)}{ending}", folder / f"{kind}{ending}"
        with telling(path):
            folder.mkdir(parents=True, exist_ok=True)
            try:
                fresh.write_bytes(content)
                try:
                    _read(replace(KnownFiles(), **{kind: fresh}))
                except GuandianError as error:
                    problem = error.problem.replace(str(fresh), name[:200])
                    raise Problem(422, "unreadable", problem, error.repair) from error
                with self._lock:
                    move_into_place(fresh, path, overwrite=True)
                    self._forget(tenant, kind, but=path)
            finally:
                fresh.unlink(missing_ok=True)
        held = self.of(tenant)
        assert held is not None
        return held

    def remove(self, tenant: str, kind: KnowledgeKind) -> bool:
        """Forget a file; whether there was one."""
        files = self._files.get(tenant)
        if files is None or getattr(files, kind) is None:
            return False
        with self._lock, telling(self._folder / tenant):
            self._forget(tenant, kind)
        return True

    def beside(
        self, tenant: str, reviews: Sequence[Review], answers: Sequence[Mined]
    ) -> list[Mined]:
        """Answers with what is known beside them; nothing else of them changes.

        Raises:
            GuandianError: as `of`.
        """
        held = self.of(tenant)
        if held is None:
            return list(answers)
        return [
            replace(mined, knowledge=held.things.of(review, mined))
            for review, mined in zip(reviews, answers, strict=True)
        ]

    def _forget(self, tenant: str, kind: KnowledgeKind, but: Path | None = None) -> None:
        for path in (self._folder / tenant).glob(f"{kind}.*"):
            if path != but:
                path.unlink()
        self._files[tenant] = _files_in(self._folder / tenant)
        self._open.drop(tenant)


def _files_in(folder: Path) -> KnownFiles:
    """The files of a tenant; of two of a kind, which a kill leaves, the newer one."""
    newest = {
        kind: max(folder.glob(f"{kind}.*"), key=lambda path: path.stat().st_mtime_ns, default=None)
        for kind in KINDS
    }
    return KnownFiles(**newest)


def _read(files: KnownFiles) -> HeldKnowledge:
    things, bad = files.opened
    return HeldKnowledge(files, things, bad)
