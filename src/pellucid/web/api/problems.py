"""Errors of the interfaces as problem details (RFC 9457), in one line and without what was sent."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.csrf import csrf_exempt
from ninja.errors import HttpError, ValidationError

from pellucid.errors import InputError, MissingExtraError, PellucidError, UnknownConceptError
from pellucid.web.forum.errors import Refused, TooFast

_logger = logging.getLogger(__name__)
_TYPES = "https://pellucid.invalid/problems"
_STATUSES: dict[type[PellucidError], int] = {
    UnknownConceptError: 404,
    InputError: 422,
    MissingExtraError: 415,  # this server cannot open files of that type
    Refused: 403,  # a ban, a locked thread
}


class Problem(Exception):
    """An error that an interface answers with; ``str()`` is its code, never what a client sent."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        headers: Mapping[str, str] | None = None,
        errors: Iterable[Mapping[str, str]] = (),
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})
        self.errors = [dict(error) for error in errors]
        self.more = dict(more or {})


def to_problem(error: Exception) -> Problem:
    """The problem that an exception is to a client; what nobody foresaw is logged and is a 500."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, TooFast):
        detail = f"too many within an hour; try again in {error.seconds} seconds"
        return Problem(429, "rate", detail, {"Retry-After": str(error.seconds)})
    if isinstance(error, PellucidError):
        status = next((s for kind, s in _STATUSES.items() if isinstance(error, kind)), 503)
        return Problem(status, error.code, str(error))
    if isinstance(error, ValidationError):
        return Problem(422, "validation", "the request is not as described", errors=_list(error))
    if isinstance(error, Http404):
        return Problem(404, "not-found", "there is nothing at this address")
    if isinstance(error, PermissionDenied):
        return Problem(403, "forbidden", str(error) or "this is not allowed to you")
    if isinstance(error, HttpError):
        return Problem(error.status_code, "request", error.message)
    if isinstance(error, RequestDataTooBig):
        return Problem(413, "too-large", "the request is larger than is read here")
    if isinstance(error, SuspiciousOperation | MultiPartParserError | UnreadablePostError):
        return Problem(400, "request", "the request cannot be read")
    if isinstance(error, OperationalError | InterfaceError):
        detail = "the database is not available; try again in a few seconds"
        return Problem(503, "unavailable", detail, {"Retry-After": "5"})
    # Where it happened, but not its message: that may quote a report.
    places = "".join(traceback.format_tb(error.__traceback__))
    _logger.error("%s\n%s", type(error).__name__, places)
    return Problem(500, "internal", "an error of this server; it was noted")


def _list(error: ValidationError) -> list[dict[str, str]]:
    """Where in the request and what, without the value that was sent."""
    return [
        {"location": ".".join(str(part) for part in e["loc"]), "detail": e["msg"]}
        for e in error.errors
    ]


def render_problem(problem: Problem) -> HttpResponse:
    """The response of a problem."""
    body: dict[str, Any] = {
        "type": f"{_TYPES}/{problem.code}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
    }
    if problem.errors:
        body["errors"] = problem.errors
    body |= problem.more
    return write_json(body, problem.status, "application/problem+json", problem.headers)


def write_json(
    body: object,
    status: int = 200,
    content_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """A response of JSON that no cache keeps: it may speak of a report."""
    response = HttpResponse(
        # Half a surrogate pair can come in by an escape; it cannot go out.
        json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"),
        status=status,
        content_type=content_type,
        headers=dict(headers or {}),
    )
    response.headers["Cache-Control"] = "no-store"
    return response


View = Callable[..., HttpResponse]


def endpoint(
    *methods: str, render: Callable[[Problem], HttpResponse] = render_problem
) -> Callable[[View], View]:
    """Make a function a view for machines: its methods, no cookies, each error in one form."""

    def decorate(view: View) -> View:
        @csrf_exempt  # nothing here reads the session: there is nothing to forge
        @wraps(view)
        def answer(request: HttpRequest, **parameters: Any) -> HttpResponse:
            try:
                if request.method not in methods:
                    raise not_allowed(methods)
                return view(request, **parameters)
            except Exception as error:
                return render(to_problem(error))

        return answer

    return decorate


def not_allowed(methods: Iterable[str]) -> Problem:
    """The problem of a method that an address does not have."""
    allowed = ", ".join(sorted(methods))
    return Problem(405, "method", f"use {allowed} here", {"Allow": allowed})
