"""What Prometheus reads. Counters of the pipeline are asked for when it does; nothing below knows of metrics."""

from collections.abc import Callable, Iterator
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

_ROUTES = (
    "/v1/check/batch",
    "/v1/check",
    "/v1/verdicts",
    "/v1/banks",
    "/v1/actions",
    "/v1/state",
    "/v1/reports",
    "/v1/cases",
    "/console",
    "/healthz",
    "/readyz",
    "/metrics",
    "/docs",
)
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """A registry of its own, so that several apps in one process (tests) do not meet."""

    def __init__(self, stats: Callable[[], dict[str, Any]]) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter("siyaj_requests", "Answered requests", ["route", "status"], registry=self.registry)
        self._seconds = Histogram(
            "siyaj_request_seconds", "Time to answer", ["route"], buckets=_BUCKETS, registry=self.registry
        )
        self._known: dict[tuple[str, int], tuple[Any, Any]] = {}
        self.registry.register(_Pipeline(stats))

    def answered(self, path: str, status: int, seconds: float) -> None:
        route = next((one for one in _ROUTES if path.startswith(one)), "other")
        pair = self._known.get((route, status))
        if pair is None:
            pair = self._known[route, status] = (
                self._requests.labels(route, str(status)),
                self._seconds.labels(route),
            )
        pair[0].inc()
        pair[1].observe(seconds)

    def render(self) -> bytes:
        """Return the text exposition format, version 0.0.4."""
        return generate_latest(self.registry)


class _Pipeline:
    """Reads the pipeline's own counters when Prometheus asks."""

    def __init__(self, stats: Callable[[], dict[str, Any]]) -> None:
        self._stats = stats

    def collect(self) -> Iterator[Metric]:
        stats = self._stats()
        counts = stats["checker"]
        actions = CounterMetricFamily("siyaj_verdicts", "Verdicts by action", labels=["action"])
        failures = CounterMetricFamily("siyaj_check_failures", "Checks that were not answered", labels=["code"])
        for name, value in counts.items():
            kind, _, label = name.partition(".")
            if kind == "action":
                actions.add_metric([label], value)
            elif kind == "failed":
                failures.add_metric([label], value)
        yield actions
        yield failures
        yield CounterMetricFamily("siyaj_commits", "Batches of checks written", value=counts.get("batches", 0))
        yield GaugeMetricFamily("siyaj_checks_waiting", "Checks being answered now", value=counts.get("waiting", 0))
        sizes = GaugeMetricFamily("siyaj_index_entries", "Entry signals that can be matched", labels=["signal"])
        for name, value in stats["indexes"].items():
            sizes.add_metric([name], value)
        yield sizes
        yield GaugeMetricFamily("siyaj_index_bytes", "Memory of the indexes", value=stats["index_bytes"])
        outbox = GaugeMetricFamily("siyaj_deliveries", "Actions on their way to platforms", labels=["state"])
        for state, value in stats["deliveries"].items():
            outbox.add_metric([state], value)
        yield outbox
        yield CounterMetricFamily(
            "siyaj_decoders_killed", "Decoders that had to be killed", value=stats["decoder_kills"]
        )

    def describe(self) -> Iterator[Metric]:
        return iter(())
