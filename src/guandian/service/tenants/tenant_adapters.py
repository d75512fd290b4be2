"""Adapters of tenants: found by a key's tenant, opened when asked for, forgotten by last use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from guandian.bundle.adapter import ENDING, read_heading, refuse_other_base
from guandian.errors import GuandianError, reason
from guandian.mining.miner import Miner
from guandian.pipelines.adapters.adapting import AdaptableBase
from guandian.service.problems import Problem
from guandian.service.tenants.recently_used import RecentlyUsed

MEBI = 1 << 20
MOST_BYTES = 512 * MEBI
"""Memory of opened adapters; as many of rank 16 beside the shipped model as fit are 2,000."""
_Stamp = tuple[int, int, int]
"""What tells whether a file was replaced: when it was changed, its size and its number."""


@dataclass(frozen=True, slots=True)
class _Opened:
    """A tenant's miner as it was opened.

    Attributes:
        stamp: of the file.
        base: the miner that the adapter stands beside.
        miner: of both.
    """

    stamp: _Stamp
    base: Miner
    miner: Miner


class TenantAdapters:
    """A folder with an adapter for each tenant that has one, `TENANT.safetensors`.

    A file that is put there, replaced or taken away counts from the next call on. A tenant whose
    adapter does not fit is refused: never is it answered by the base alone, nor by another's.

    Args:
        folder: None where no tenant has an adapter.
        most: bytes of adapters that stay open.
    """

    def __init__(self, folder: Path | None = None, most: int = MOST_BYTES) -> None:
        self.folder, self._lock = folder, Lock()
        self._open = RecentlyUsed[str, _Opened](most)
        self._base: Miner | None = None

    @property
    def bytes(self) -> int:
        """Bytes of the adapters that are open."""
        return self._open.bytes

    def __len__(self) -> int:
        """How many are open."""
        return len(self._open)

    def miner(self, base: AdaptableBase | None, bare: Miner, tenant: str) -> Miner:
        """The miner that answers a tenant.

        Args:
            base: what the model in use takes adapters by; None where it takes none.
            bare: the miner of that model.
            tenant: of the caller's key.

        Raises:
            Problem: 503 where the tenant has an adapter that cannot be used.
        """
        path = self._path(tenant)
        try:
            stamp = None if path is None else _stamp(path)
        except OSError as error:
            raise Problem(
                503,
                "adapter",
                f"nobody can tell whether the tenant {tenant} has an adapter: {reason(error)}",
                "the folder of --adapters cannot be read, or holds a link that leads nowhere",
            ) from error
        if path is None or stamp is None or base is None:
            return bare
        with self._lock:
            if self._base is not bare:  # what stood beside a model of before would keep it open
                self._open.clear()
                self._base = bare
            known = self._open.get(tenant)
            if known is not None and known.stamp == stamp and known.base is bare:
                return known.miner
            try:
                opened = _Opened(stamp, bare, base.with_adapter(bare, path))
            except GuandianError as error:
                problem = error.problem.replace(str(path), path.name)  # where it lies is ours
                raise Problem(503, "adapter", problem, error.repair) from error
            self._open.put(tenant, opened, stamp[1])
            return opened.miner

    def unfit(self, base: AdaptableBase) -> dict[str, GuandianError]:
        """The tenants whose adapters do not stand beside a base, each with why."""
        why: dict[str, GuandianError] = {}
        for path in sorted(self.folder.glob(f"*{ENDING}")) if self.folder is not None else ():
            try:
                refuse_other_base(read_heading(path), base.digest, base.named)
            except GuandianError as error:
                why[path.stem] = error
        return why

    def _path(self, tenant: str) -> Path | None:
        if self.folder is None or tenant != Path(tenant).name:
            return None
        return self.folder / f"{tenant}{ENDING}"


def _stamp(path: Path) -> _Stamp | None:
    """The stamp of a file, None where there is none.

    Raises:
        OSError: nobody can tell: its folder cannot be read or is gone, or it leads nowhere.
    """
    try:
        state = path.stat()
    except FileNotFoundError:
        path.parent.stat()
        if path.is_symlink():
            raise
        return None
    return state.st_mtime_ns, state.st_size, state.st_ino
