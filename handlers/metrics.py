"""What Prometheus reads: each event and request counted, timed, and its errors by code.

Workers add their figures up in a folder that they share (`PROMETHEUS_MULTIPROC_DIR`, set by the
supervisor); a gauge must say how (`multiprocess_mode`).
"""

import os
from bisect import bisect_left

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

REGISTRY = CollectorRegistry()
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

EVENT_SECONDS = Histogram(
    "soundroom_event_seconds",
    "Time from an event's turn to its answer.",
    ["event"],
    buckets=BUCKETS,
    registry=REGISTRY,
)
EVENT_ERRORS = Counter(
    "soundroom_event_errors",
    "Events that were refused or failed.",
    ["event", "code"],
    registry=REGISTRY,
)
REQUEST_SECONDS = Histogram(
    "soundroom_request_seconds",
    "Time from a request to its answer.",
    ["route", "status"],
    buckets=BUCKETS,
    registry=REGISTRY,
)
SOCKETS = Gauge(
    "soundroom_sockets",
    "Sockets that are signed in.",
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
UNREAD = Counter(
    "soundroom_sockets_unread",
    "Sockets that were cut off because they did not read.",
    registry=REGISTRY,
)


class EventTimes:
    """The times of events, counted cheaply, and added to the histogram every other second.

    To observe each one there takes as long as the rest of a small event's way.
    """

    def __init__(self) -> None:
        self._counts: dict[str, list[float]] = {}

    def observe(self, event: str, elapsed_s: float) -> None:
        """Count one."""
        counts = self._counts.get(event)
        if counts is None:
            counts = self._counts[event] = [0.0] * (len(BUCKETS) + 2)
        counts[bisect_left(BUCKETS, elapsed_s)] += 1
        counts[-1] += elapsed_s

    def fold(self) -> None:
        """Add what was counted to the histogram, which has no public way to take many at once."""
        counted, self._counts = self._counts, {}
        for event, counts in counted.items():
            histogram = EVENT_SECONDS.labels(event)
            histogram._sum.inc(counts.pop())  # noqa: SLF001
            for bucket, count in zip(histogram._buckets, counts, strict=True):  # noqa: SLF001
                bucket.inc(count)


EVENT_TIMES = EventTimes()


def exposition() -> bytes:
    """All figures as Prometheus reads them, of all workers where there are several."""
    EVENT_TIMES.fold()
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
