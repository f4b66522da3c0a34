"""FHIR R4: the operation ``DiagnosticReport/$explain``, in JSON.

FHIR 4.0.1: Operations (3.2.0), OperationOutcome (2.33), CapabilityStatement (5.2).
"""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse

from pellucid import __version__, render_reading
from pellucid.web.api.gate import Gate
from pellucid.web.api.problems import Problem, endpoint, write_json
from pellucid.web.config.engine import get_engine

_MEDIA_TYPE = "application/fhir+json"
_ACCEPTED = (_MEDIA_TYPE, "application/json", "text/json")
#: Issue types (valueset-issue-type) of statuses; others are ``processing``.
_ISSUES = {
    400: "structure",
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    413: "too-long",
    415: "not-supported",
    429: "throttled",
    500: "exception",
}


def _render_outcome(problem: Problem) -> HttpResponse:
    """A problem as an OperationOutcome."""
    issue = {
        "severity": "fatal" if problem.status >= 500 else "error",
        "code": _ISSUES.get(problem.status, "processing"),
        "diagnostics": problem.detail,
    }
    outcome = {"resourceType": "OperationOutcome", "issue": [issue]}
    return write_json(outcome, problem.status, _MEDIA_TYPE, problem.headers)


@endpoint("POST", render=_render_outcome)
def explain(request: HttpRequest) -> HttpResponse:
    """A DiagnosticReport, or a Bundle with one, in; a Bundle of what was found, explained, out.

    The resource may stand alone or in Parameters. Nothing of it is kept.
    """
    Gate("read")(request)
    if request.content_type not in _ACCEPTED:
        raise Problem(415, "media-type", f"send {_MEDIA_TYPE}")
    try:
        report = json.dumps(_find_report(json.loads(request.body))).encode("ascii")
    except (ValueError, RecursionError):
        raise Problem(400, "json", "the body is not JSON, or too deep") from None
    reading = get_engine().read(report)
    # Half a surrogate pair can come in by an escape; it cannot go out.
    content = render_reading(reading, "fhir").encode("utf-8", "replace")
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(content, content_type=_MEDIA_TYPE, headers=headers)


@endpoint("GET", "HEAD", render=_render_outcome)
def capabilities(request: HttpRequest) -> HttpResponse:
    """What this server can do, as a CapabilityStatement."""
    operation = {
        "name": "explain",
        "definition": "https://pellucid.invalid/fhir/OperationDefinition/explain",
        "documentation": "What a report says, each finding explained with its sources.",
    }
    resource = {"type": "DiagnosticReport", "operation": [operation]}
    statement = {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-23",
        "kind": "instance",
        "software": {"name": "Pellucid", "version": __version__},
        "implementation": {"description": "Pellucid", "url": request.build_absolute_uri("/fhir")},
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [{"mode": "server", "resource": [resource]}],
    }
    return write_json(statement, content_type=_MEDIA_TYPE)


@endpoint("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", render=_render_outcome)
def refuse(request: HttpRequest, rest: str) -> HttpResponse:
    """Any other FHIR address."""
    raise Problem(404, "not-found", "this server has DiagnosticReport/$explain and metadata only")


def _find_report(resource: Any) -> dict[str, Any]:
    """The resource to read: the body, or what stands in its Parameters."""
    if isinstance(resource, dict) and resource.get("resourceType") == "Parameters":
        parts = resource.get("parameter")
        held = (
            [p.get("resource") for p in parts if isinstance(p, dict)]
            if isinstance(parts, list)
            else []
        )
        resource = next((r for r in held if isinstance(r, dict)), None)
    if isinstance(resource, dict) and resource.get("resourceType") in (
        "DiagnosticReport",
        "Bundle",
    ):
        return resource
    raise Problem(422, "resource", "send a DiagnosticReport, a Bundle with one, or Parameters")
