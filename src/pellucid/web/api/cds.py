"""CDS Hooks 2.0: cards that link to the page of what a problem list or a report names.

Only what the call itself brings is read: nothing is fetched from the caller's FHIR server.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from pellucid import PellucidError, UnknownConceptError
from pellucid.web.api.concepts import find_by_code, find_system
from pellucid.web.api.gate import Gate
from pellucid.web.api.problems import Problem, endpoint, write_json
from pellucid.web.config.engine import get_engine

_PREFETCH = {
    "conditions": "Condition?patient={{context.patientId}}&clinical-status=active",
    "reports": "DiagnosticReport?patient={{context.patientId}}&category=RAD&_count=1&_sort=-date",
}
_DESCRIPTION = "Links a problem or an imaging report to plain, sourced education for the patient."
#: Each service has one hook (CDS Hooks 2.0, Discovery), so there is one for each.
SERVICES = {
    "pellucid-education": "patient-view",
    "pellucid-education-orders": "order-sign",
}
_MAX_CARDS = 5
_MAX_DEPTH = 6
_MAX_SUMMARY = 140
#: Where a resource names what it is about, by its type.
_CODES = {
    "Condition": "code",
    "ServiceRequest": "reasonCode",
    "DiagnosticReport": "conclusionCode",
}
_OVER = {"inactive", "remission", "resolved", "refuted", "entered-in-error"}


@endpoint("GET", "HEAD")
def discover(request: HttpRequest) -> HttpResponse:
    """The services."""
    services = [
        {
            "hook": hook,
            "id": name,
            "title": "Plain words for findings",
            "description": _DESCRIPTION,
            "prefetch": _PREFETCH,
        }
        for name, hook in SERVICES.items()
    ]
    return write_json({"services": services})


@endpoint("POST")
def call(request: HttpRequest, service: str) -> HttpResponse:
    """Cards for one call of a hook."""
    Gate("read")(request)
    if service not in SERVICES:
        raise Problem(404, "not-found", "GET /cds-services lists the services")
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        raise Problem(400, "json", "the body is not JSON") from None
    if not isinstance(body, dict) or not isinstance(body.get("context"), dict):
        raise Problem(400, "hook", "send hook, hookInstance and context")
    if body.get("hook") not in SERVICES.values() or not isinstance(body.get("hookInstance"), str):
        raise Problem(
            400, "hook", f"hook is one of {', '.join(SERVICES.values())}, with hookInstance"
        )
    prefetch = body.get("prefetch")
    orders = body["context"].get("draftOrders")
    if not isinstance(prefetch, dict) and orders is None:
        raise Problem(412, "prefetch", "send the prefetch: this service fetches nothing itself")
    held = [*prefetch.values()] if isinstance(prefetch, dict) else []
    concepts = find_concepts([*held, orders])
    return write_json({"cards": [build_card(request, c) for c in concepts[:_MAX_CARDS]]})


def find_concepts(resources: list[Any]) -> list[str]:
    """Ids of the concepts that resources speak of, each once, in their order."""
    found: dict[str, None] = {}
    for resource in _find_resources(resources):
        if _is_over(resource):
            continue
        codes = resource.get(_CODES.get(str(resource.get("resourceType")), ""))
        for code in codes if isinstance(codes, list) else [codes]:
            found |= dict.fromkeys(_find_coded(code))
        if resource.get("resourceType") == "DiagnosticReport":
            found |= dict.fromkeys(_find_reported(resource))
    return list(found)


def build_card(request: HttpRequest, concept: str) -> dict[str, Any]:
    """A card that says what the concept is called and links to its page."""
    answer = get_engine().show(concept)
    name = answer.focus[0].name
    meaning = next((s for s in answer.sections if s.key == "meaning"), None)
    return {
        "summary": f"{name}: education for the patient"[:_MAX_SUMMARY],
        "detail": " ".join(s.text for s in meaning.statements) if meaning else "",
        "indicator": "info",
        "source": {"label": settings.SITE_NAME, "url": request.build_absolute_uri("/")},
        "links": [
            {
                "label": name,
                "url": request.build_absolute_uri(reverse("pages:concept", args=[concept])),
                "type": "absolute",
            }
        ],
    }


def _find_resources(node: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Resources, and those of Bundles; null is a resource that was not found."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(node, list):
        for item in node:
            yield from _find_resources(item, depth + 1)
    elif isinstance(node, dict):
        if node.get("resourceType") == "Bundle":
            entries = node.get("entry")
            for entry in entries if isinstance(entries, list) else []:
                if isinstance(entry, dict):
                    yield from _find_resources(entry.get("resource"), depth + 1)
        else:
            yield node


def _is_over(resource: dict[str, Any]) -> bool:
    """The problem is past, refuted or written by mistake, or so is the report."""
    codes = {resource.get("status")} if isinstance(resource.get("status"), str) else set()
    for key in ("clinicalStatus", "verificationStatus"):
        codes |= {code for _, code, _ in _find_codings(resource.get(key))}
    return bool(codes & (_OVER | {"cancelled", "revoked"}))


def _find_codings(concept: Any) -> Iterator[tuple[str, str, str]]:
    """System, code and display of the codings of a CodeableConcept."""
    codings = concept.get("coding") if isinstance(concept, dict) else None
    for coding in codings if isinstance(codings, list) else []:
        if isinstance(coding, dict):
            system, code, display = (coding.get(k) for k in ("system", "code", "display"))
            yield tuple(v if isinstance(v, str) else "" for v in (system, code, display))  # type: ignore[misc]


def _find_coded(concept: Any) -> list[str]:
    """Concepts of a CodeableConcept: by a code, or else by a name that is exactly one of ours."""
    codings = list(_find_codings(concept))
    for system, code, _ in codings:
        known = find_system(system)
        if known and (found := find_by_code(known, code)):
            return found
    text = concept.get("text") if isinstance(concept, dict) else None
    for name in [text, *(display for *_, display in codings)]:
        if isinstance(name, str) and name.strip():
            try:
                return [get_engine().get_concept_id(name)]
            except UnknownConceptError:
                continue
    return []


def _find_reported(report: dict[str, Any]) -> list[str]:
    """What a report finds in the patient now; one that cannot be read gives nothing."""
    try:
        findings = get_engine().find(json.dumps(report).encode("ascii"))
    except (PellucidError, RecursionError):
        return []
    return [f.concept for f in findings if f.assertion[:3] == ("present", "current", "patient")]
