"""The two faces of the client: one that waits, and one for `async` code; they do the same."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self, TypeVar, Unpack

import httpx2

from guandian.client import requests
from guandian.client.requests import Call, files_missing, identity, unreachable, wait_of
from guandian.client.shapes import (
    AnsweredShape,
    AnswerShape,
    ChangesShape,
    DigestShape,
    InboxItemShape,
    InboxPage,
    JobStatus,
    Keeping,
    NumbersRow,
    OpinionPage,
    RecommendationsShape,
    ReplyShape,
    ResultPage,
    SearchPage,
    SentShape,
    SeriesPage,
    SeriesShape,
    StoredReviewShape,
    SummaryShape,
    TrendShape,
    UnderstandingShape,
    UploadShape,
)
from guandian.domain import Mined, Review

Result = TypeVar("Result")
Masking = Literal["off", "mask", "pseudonym", "last4"]
Order = Literal["confidence", "time", "uncertain"]
By = Literal["category", "aspect", "product", "brand", "source", "language"]
Unit = Literal["day", "week", "month", "year"]
WatchUnit = Literal["hour", "day", "week"]
SeriesOrder = Literal["complaints", "unusual"]
InboxAction = Literal["see", "edit", "send", "hand_over"]
_POLL = 0.5
"""Seconds between two looks at a job."""


class Client:
    """Asks a service, and waits for each answer.

    A call that the service has no room for is tried again after the seconds that it says.

    Args:
        url: of the service, such as `http://127.0.0.1:8000`.
        key: `gd_live_...`.
        timeout: seconds for one answer.
        tries: of a call, at most.
        transport: how requests travel, where it is not a socket.

    Attributes:
        incomplete: how many files of the store were missing when the last answer was made; where
            it is not 0, numbers and lists are without what those hold.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        timeout: float = 60.0,
        tries: int = 5,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self.incomplete, self._tries = 0, tries
        self._client = httpx2.Client(
            base_url=url, headers=identity(key), timeout=timeout, transport=transport
        )

    def mine(
        self,
        reviews: Iterable[Review],
        *,
        masking: Masking = "off",
        **caution: Unpack[Keeping],
    ) -> list[tuple[Review, Mined]]:
        """Mine reviews at once; of each the review as it was read, masked perhaps, and its answer.

        With `precision` it has the opinions of which that share is right.

        Raises:
            ServiceError: it refused; so do all methods.
        """
        return self._send(requests.mining(reviews, masking, caution))

    def upload(self, path: str | Path) -> UploadShape:
        """Send a file of reviews; the answer says what its columns are taken for."""
        return self._send(requests.uploading(Path(path)))

    def start_job(self, upload: str, **choices: Any) -> JobStatus:
        """Mine an upload in the background; `choices` as `POST /v1/jobs` has them."""
        return self._send(requests.starting(upload, choices))

    def job(self, id: str) -> JobStatus:
        """How far a job is."""
        return self._send(requests.looking(id))

    def wait_for(self, id: str) -> JobStatus:
        """A job at its end."""
        while not (job := self.job(id))["finished"]:
            time.sleep(_POLL)
        return job

    def cancel(self, id: str) -> JobStatus:
        """Cancel a job, or forget one that has ended, with its results; what is stored stays."""
        return self._send(requests.cancelling(id))

    def results(self, id: str, *, limit: int = 100, offset: int = 0) -> ResultPage:
        """What a job found, in the order of its file."""
        return self._send(requests.paging(id, limit, offset))

    def rejects(self, id: str) -> str:
        """The rows that could not be read, with why, as CSV."""
        return self._send(requests.unread_rows(id))

    def summary(self, **selection: Any) -> SummaryShape:
        """The numbers of a selection: `product`, `brand`, `category`, `since` and so on."""
        return self._send(requests.summing(selection))

    def opinions(
        self, *, order: Order = "confidence", limit: int = 20, offset: int = 0, **selection: Any
    ) -> OpinionPage:
        """The opinions behind a number."""
        return self._send(requests.quoting(selection, order, limit, offset))

    def breakdown(self, by: By = "category", **selection: Any) -> list[NumbersRow]:
        """The numbers of a selection by one thing, the most opinions first."""
        return self._send(requests.breaking_down(by, selection))

    def trends(
        self, unit: Unit | Literal["auto"] = "auto", by: By | Literal["none"] = "none",
        **selection: Any,
    ) -> TrendShape:  # fmt: skip
        """The numbers of a selection by period."""
        return self._send(requests.trending(unit, by, selection))

    def changes(
        self, unit: Unit = "week", offset: str | None = None, **selection: Any
    ) -> ChangesShape:
        """What changed in the last complete period, and why; `offset` such as 7d, 52w, 1y."""
        return self._send(requests.comparing(unit, offset, selection))

    def search(
        self, words: str, *, limit: int = 20, offset: int = 0, **selection: Any
    ) -> SearchPage:
        """The reviews that hold words, the latest first."""
        return self._send(requests.searching(words, selection, limit, offset))

    def review(self, id: str) -> StoredReviewShape:
        """A review with all its opinions."""
        return self._send(requests.reading(id))

    def delete_review(self, id: str) -> None:
        """Delete a review, and all that was made of it; takes the scope `admin`."""
        self._send(requests.deleting(id))

    def summarise(self, **selection: Any) -> DigestShape:
        """Key points of a selection with numbers and quotes; `by`, `points`, `quotes`, `least`."""
        return self._send(requests.summarising(selection))

    def ask(
        self, question: str, today: str | None = None, model: str | None = None
    ) -> AnsweredShape:
        """Answer a question by one typed call to the store, which a language model may choose."""
        return self._send(requests.questioning(question, today, model))

    def series(
        self,
        words: str = "",
        *,
        unit: WatchUnit | None = None,
        order: SeriesOrder = "complaints",
        limit: int = 50,
        offset: int = 0,
    ) -> SeriesPage:
        """The series that are watched and hold some words, the most complaints first."""
        return self._send(requests.watching(unit, words, order, limit, offset))

    def band(
        self, id: str, *, unit: WatchUnit | None = None, buckets: int | None = None
    ) -> SeriesShape:
        """A series bucket by bucket, with the band that is expected and where it fired."""
        return self._send(requests.banding(id, unit, buckets))

    def understand(self, text: str) -> UnderstandingShape:
        """What a message wants; personal data in it is masked."""
        return self._send(requests.understanding(text))

    def answer(self, question: str, turns: Sequence[tuple[str, str]] = ()) -> AnswerShape:
        """Answer from what the shop knows; `turns` are (`customer` or `shop`, words) before it."""
        return self._send(requests.answering(question, turns))

    def reply(self, text: str, rating: float | None = None, scale: float = 5) -> ReplyShape:
        """Draft replies to a review."""
        return self._send(requests.replying(text, rating, scale))

    def receive(self, items: Iterable[Mapping[str, Any]]) -> list[InboxItemShape]:
        """Put messages and reviews (`kind`, `text`, `reference`, `rating`, ...) into the inbox."""
        return self._send(requests.receiving(items))

    def inbox(self, *states: str, limit: int = 50, offset: int = 0) -> InboxPage:
        """What came in, the most urgent of what waits first."""
        return self._send(requests.listing(states, limit, offset))

    def change_item(
        self,
        id: str,
        action: InboxAction,
        *,
        channel: str | None = None,
        text: str | None = None,
    ) -> SentShape:
        """See, edit, send or hand over; what is to be sent comes back as `text`."""
        return self._send(requests.changing(id, action, channel, text))

    def recommend(self, **wanted: Any) -> RecommendationsShape:
        """A list for a `user`, `like` an item or `about` words, with `n`, `only`, `less_of`, ..."""
        return self._send(requests.recommending(wanted))

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of any other question, such as `/v1/trends`."""
        return self._send(requests.asking(path, query))

    def change(self, method: str, path: str, content: Mapping[str, Any] | None = None) -> Any:
        """The JSON that any other change is answered with, such as `POST /v1/models/promote`."""
        return self._send(requests.changing_at(method, path, content))

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def _send(self, call: Call[Result]) -> Result:
        for left in range(self._tries, 0, -1):
            try:
                answer = self._client.request(**call.arguments())
            except httpx2.TransportError as error:
                raise unreachable(self._client.base_url, error) from error
            wait = wait_of(answer)
            if wait is None or left == 1:
                break
            time.sleep(wait)
        self.incomplete = files_missing(answer)
        return call.result(answer)


class AsyncClient:
    """As `Client`, for `async` code.

    Args:
        url, key, timeout, tries, transport: as there.

    Attributes:
        incomplete: as there, of the answer that came last.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        timeout: float = 60.0,
        tries: int = 5,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self.incomplete, self._tries = 0, tries
        self._client = httpx2.AsyncClient(
            base_url=url, headers=identity(key), timeout=timeout, transport=transport
        )

    async def mine(
        self,
        reviews: Iterable[Review],
        *,
        masking: Masking = "off",
        **caution: Unpack[Keeping],
    ) -> list[tuple[Review, Mined]]:
        """Mine reviews at once; of each the review as it was read, masked perhaps, and its answer.

        With `precision` it has the opinions of which that share is right.

        Raises:
            ServiceError: it refused; so do all methods.
        """
        return await self._send(requests.mining(reviews, masking, caution))

    async def upload(self, path: str | Path) -> UploadShape:
        """Send a file of reviews; the answer says what its columns are taken for."""
        return await self._send(requests.uploading(Path(path)))

    async def start_job(self, upload: str, **choices: Any) -> JobStatus:
        """Mine an upload in the background; `choices` as `POST /v1/jobs` has them."""
        return await self._send(requests.starting(upload, choices))

    async def job(self, id: str) -> JobStatus:
        """How far a job is."""
        return await self._send(requests.looking(id))

    async def wait_for(self, id: str) -> JobStatus:
        """A job at its end."""
        while not (job := await self.job(id))["finished"]:
            await asyncio.sleep(_POLL)
        return job

    async def cancel(self, id: str) -> JobStatus:
        """Cancel a job, or forget one that has ended, with its results; what is stored stays."""
        return await self._send(requests.cancelling(id))

    async def results(self, id: str, *, limit: int = 100, offset: int = 0) -> ResultPage:
        """What a job found, in the order of its file."""
        return await self._send(requests.paging(id, limit, offset))

    async def rejects(self, id: str) -> str:
        """The rows that could not be read, with why, as CSV."""
        return await self._send(requests.unread_rows(id))

    async def summary(self, **selection: Any) -> SummaryShape:
        """The numbers of a selection: `product`, `brand`, `category`, `since` and so on."""
        return await self._send(requests.summing(selection))

    async def opinions(
        self, *, order: Order = "confidence", limit: int = 20, offset: int = 0, **selection: Any
    ) -> OpinionPage:
        """The opinions behind a number."""
        return await self._send(requests.quoting(selection, order, limit, offset))

    async def breakdown(self, by: By = "category", **selection: Any) -> list[NumbersRow]:
        """The numbers of a selection by one thing, the most opinions first."""
        return await self._send(requests.breaking_down(by, selection))

    async def trends(
        self, unit: Unit | Literal["auto"] = "auto", by: By | Literal["none"] = "none",
        **selection: Any,
    ) -> TrendShape:  # fmt: skip
        """The numbers of a selection by period."""
        return await self._send(requests.trending(unit, by, selection))

    async def changes(
        self, unit: Unit = "week", offset: str | None = None, **selection: Any
    ) -> ChangesShape:
        """What changed in the last complete period, and why; `offset` such as 7d, 52w, 1y."""
        return await self._send(requests.comparing(unit, offset, selection))

    async def search(
        self, words: str, *, limit: int = 20, offset: int = 0, **selection: Any
    ) -> SearchPage:
        """The reviews that hold words, the latest first."""
        return await self._send(requests.searching(words, selection, limit, offset))

    async def review(self, id: str) -> StoredReviewShape:
        """A review with all its opinions."""
        return await self._send(requests.reading(id))

    async def delete_review(self, id: str) -> None:
        """Delete a review, and all that was made of it; takes the scope `admin`."""
        await self._send(requests.deleting(id))

    async def summarise(self, **selection: Any) -> DigestShape:
        """As there."""
        return await self._send(requests.summarising(selection))

    async def ask(
        self, question: str, today: str | None = None, model: str | None = None
    ) -> AnsweredShape:
        """As there."""
        return await self._send(requests.questioning(question, today, model))

    async def series(
        self,
        words: str = "",
        *,
        unit: WatchUnit | None = None,
        order: SeriesOrder = "complaints",
        limit: int = 50,
        offset: int = 0,
    ) -> SeriesPage:
        """The series that are watched and hold some words, the most complaints first."""
        return await self._send(requests.watching(unit, words, order, limit, offset))

    async def band(
        self, id: str, *, unit: WatchUnit | None = None, buckets: int | None = None
    ) -> SeriesShape:
        """A series bucket by bucket, with the band that is expected and where it fired."""
        return await self._send(requests.banding(id, unit, buckets))

    async def understand(self, text: str) -> UnderstandingShape:
        """As there."""
        return await self._send(requests.understanding(text))

    async def answer(self, question: str, turns: Sequence[tuple[str, str]] = ()) -> AnswerShape:
        """As there."""
        return await self._send(requests.answering(question, turns))

    async def reply(self, text: str, rating: float | None = None, scale: float = 5) -> ReplyShape:
        """As there."""
        return await self._send(requests.replying(text, rating, scale))

    async def receive(self, items: Iterable[Mapping[str, Any]]) -> list[InboxItemShape]:
        """As there."""
        return await self._send(requests.receiving(items))

    async def inbox(self, *states: str, limit: int = 50, offset: int = 0) -> InboxPage:
        """As there."""
        return await self._send(requests.listing(states, limit, offset))

    async def change_item(
        self,
        id: str,
        action: InboxAction,
        *,
        channel: str | None = None,
        text: str | None = None,
    ) -> SentShape:
        """As there."""
        return await self._send(requests.changing(id, action, channel, text))

    async def recommend(self, **wanted: Any) -> RecommendationsShape:
        """A list for a `user`, `like` an item or `about` words, with `n`, `only`, `less_of`, ..."""
        return await self._send(requests.recommending(wanted))

    async def get(self, path: str, **query: Any) -> Any:
        """The JSON of any other question, such as `/v1/trends`."""
        return await self._send(requests.asking(path, query))

    async def change(self, method: str, path: str, content: Mapping[str, Any] | None = None) -> Any:
        """The JSON that any other change is answered with, such as `POST /v1/models/promote`."""
        return await self._send(requests.changing_at(method, path, content))

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self.close()

    async def _send(self, call: Call[Result]) -> Result:
        for left in range(self._tries, 0, -1):
            try:
                answer = await self._client.request(**call.arguments())
            except httpx2.TransportError as error:
                raise unreachable(self._client.base_url, error) from error
            wait = wait_of(answer)
            if wait is None or left == 1:
                break
            await asyncio.sleep(wait)
        self.incomplete = files_missing(answer)
        return call.result(answer)
