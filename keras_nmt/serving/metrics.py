"""What the server counts, in the text format of Prometheus."""

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """The counters of one server.

    Labels are routes and statuses, never what a client wrote, so that their number is
    bounded.
    """

    content_type = CONTENT_TYPE_LATEST

    def __init__(self):
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "keras_nmt_requests",
            "Requests answered.",
            ("route", "status"),
            registry=self._registry,
        )
        self.seconds = Histogram(
            "keras_nmt_request_seconds",
            "Time until a request was answered.",
            ("route",),
            registry=self._registry,
        )
        self.batches = Histogram(
            "keras_nmt_batch_sentences",
            "Sentences of a batch.",
            buckets=SIZES,
            registry=self._registry,
        )
        self.unfinished = Gauge(
            "keras_nmt_requests_unfinished",
            "Requests that wait for a translation.",
            registry=self._registry,
        )

    def answered(self, route, status, seconds):
        """Counts an answered request."""
        self.requests.labels(route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)

    def text(self):
        """All counters, as bytes."""
        return generate_latest(self._registry)
