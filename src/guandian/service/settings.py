"""The bounds within which the service works."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MEBI = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of what is taken at once, and of how long it may take.

    Attributes:
        body: bytes of a request, an upload aside.
        upload: bytes of an upload.
        call_reviews: reviews of one call of `/v1/mine`.
        text: characters of one review.
        queue_reviews: reviews that wait or are read at the same time, of all calls together; a
            longer call comes in alone. Whoever gets in waits for as many at most: 128 made that
            more than twice as long as without a crowd.
        queue_tokens: the same in tokens of the model.
        batch_tokens: tokens that one thread reads together, at most.
        deadline: seconds that a call may take, where it does not say less itself.
        receive: seconds in which a request must have arrived, an upload aside.
        drain: seconds that running calls get when the service is to end.
        rate: requests of one key a minute; 0 sets no bound.
        threads: batches that are read at the same time; 0 = all usable cores, in a replica one.
        replicas: processes that mine calls beside the service, at least and at most; 0 has it mine
            them itself.
    """

    body: int = 8 * MEBI
    upload: int = 1024 * MEBI
    call_reviews: int = 128
    text: int = 20_000
    queue_reviews: int = 80
    queue_tokens: int = 16_384
    batch_tokens: int = 2048
    deadline: float = 30.0
    receive: float = 30.0
    drain: float = 20.0
    rate: int = 60_000
    threads: int = 0
    replicas: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Beside:
    """What the operator named to be served beside the model; None serves none of it.

    Attributes:
        recommend: what `guandian recommend build` wrote.
        assist: the folder with intents, answers and a house style.
        media: the folder with pictures and recordings that `guandian media read` has read.
        language_models: the file that names language models for tenants.
        adapters: the folder with adapters of tenants.
        promises: files of promised precision, of one model each.
    """

    recommend: Path | None = None
    assist: Path | None = None
    media: Path | None = None
    language_models: Path | None = None
    adapters: Path | None = None
    promises: Sequence[Path] = ()
