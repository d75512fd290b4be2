"""Numbers of the service for Prometheus, by the names and buckets of OpenTelemetry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from guandian.domain import Mined
from guandian.mining.caution.familiarity import LIMIT

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""The buckets that OpenTelemetry advises for requests."""
SHARES = tuple(k / 10 for k in range(1, 11))
_METHODS = frozenset(("GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT", "PATCH"))


class Metrics:
    """The counters of one service, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Histogram(
            "http_server_request_duration_seconds",
            "Seconds of a request.",
            ("http_request_method", "http_route", "http_response_status_code"),
            buckets=SECONDS,
            registry=self.registry,
        )
        self._active = Gauge(
            "http_server_active_requests",
            "Requests being answered.",
            ("http_request_method",),
            registry=self.registry,
        )
        self._batches = Histogram(
            "guandian_batch_fill_ratio",
            "Tokens of a batch over those that it may hold.",
            buckets=SHARES,
            registry=self.registry,
        )
        self._batch_seconds = Histogram(
            "guandian_batch_duration_seconds",
            "Seconds of a batch.",
            buckets=SECONDS,
            registry=self.registry,
        )
        self._refused = Counter(
            "guandian_refused", "Calls refused, by why.", ("reason",), registry=self.registry
        )
        self._reviews = Counter(
            "guandian_reviews",
            "Reviews mined.",
            ("tenant", "language", "model"),
            registry=self.registry,
        )
        self._confidence = Histogram(
            "guandian_opinion_confidence_ratio",
            "Confidence of opinions.",
            ("tenant", "model"),
            buckets=SHARES,
            registry=self.registry,
        )
        self._unlike = Counter(
            "guandian_unlike_reviews",
            "Reviews unlike those that the model learned from.",
            ("tenant", "model"),
            registry=self.registry,
        )
        self._model = Gauge(
            "guandian_model_info", "The model that answers.", ("model",), registry=self.registry
        )
        # The library checks and joins the values of labels at each look-up; what it gives stays.
        self._active_of, self._requests_of = (
            cache(self._active.labels),
            cache(self._requests.labels),
        )
        self._reviews_of, self._confidence_of = (
            cache(self._reviews.labels),
            cache(self._confidence.labels),
        )

    def watch(self, name: str, words: str, read: Callable[[], float]) -> None:
        """A gauge that is read when it is asked for.

        Args:
            name: of the metric.
            words: what it is.
            read: gives the value.
        """
        Gauge(name, words, registry=self.registry).set_function(read)

    def begun(self, method: str) -> None:
        """Count a request that is being answered, until it is noted by `request`."""
        self._active_of(_method(method)).inc()

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Note an answered request; 499 where the client left."""
        known = _method(method)
        self._active_of(known).dec()
        self._requests_of(known, route, str(status)).observe(seconds)

    def batch(self, fill: float, seconds: float) -> None:
        """Note a batch; `fill` is its tokens over those that it may hold."""
        self._batches.observe(fill)
        self._batch_seconds.observe(seconds)

    def refused(self, why: str) -> None:
        """Note a call that was refused."""
        self._refused.labels(why).inc()

    def mined(self, tenant: str, answers: Sequence[Mined]) -> None:
        """Note answers: languages, confidence and likeness, whose change over time shows drift."""
        for answer in answers:
            self._reviews_of(tenant, str(answer.language), answer.model).inc()
            histogram = self._confidence_of(tenant, answer.model)
            for opinion in answer.opinions:
                histogram.observe(opinion.confidence)
            if answer.likeness is not None and answer.likeness <= LIMIT:
                self._unlike.labels(tenant, answer.model).inc()

    def model(self, name: str) -> None:
        """Note the model that answers from now on."""
        self._model.clear()
        self._model.labels(name).set(1)

    def text(self) -> bytes:
        """All of them in the format of Prometheus."""
        return generate_latest(self.registry)


def _method(method: str) -> str:
    return method if method in _METHODS else "_OTHER"
