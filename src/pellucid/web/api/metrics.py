"""Prometheus metrics: requests and their duration by route, never an address or a text.

With several processes set ``PROMETHEUS_MULTIPROC_DIR`` to an empty folder, as prometheus_client
asks: any of them then gives the sum of all.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Histogram
from prometheus_client.exposition import generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from pellucid.web.api.gate import may_read_metrics
from pellucid.web.api.problems import Problem, endpoint

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_DURATION = Histogram(
    "pellucid_request_seconds",
    "Duration of requests, by the name of their route.",
    ("route", "method", "status"),
    buckets=_BUCKETS,
)


class RequestMetrics:
    """Middleware that times every request; the first of the list sees all of it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and note how long it took."""
        start = time.perf_counter()
        response = self._get_response(request)
        # What matches no route is one route: else a scanner would make the list endless.
        route = request.resolver_match.view_name if request.resolver_match else "none"
        method = request.method if request.method in _METHODS else "other"
        labels = (route, method, str(response.status_code))
        _DURATION.labels(*labels).observe(time.perf_counter() - start)
        return response


@endpoint("GET", "HEAD")
def show(request: HttpRequest) -> HttpResponse:
    """The metrics, for this machine or a token."""
    if not may_read_metrics(request):
        raise Problem(403, "forbidden", "metrics are for this machine, or a token with the scope")
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
