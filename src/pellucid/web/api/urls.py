"""Addresses of the api app."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path

from pellucid.web.api import cds, discourse, fhir, infobutton, metrics
from pellucid.web.api.problems import View, not_allowed, render_problem, to_problem
from pellucid.web.api.rest import api


def _speak_of_problems(view: View) -> View:
    """django-ninja answers a wrong method, and Django a broken request, in forms of their own."""

    @wraps(view)
    def answer(request: HttpRequest, *parts: Any, **parameters: Any) -> HttpResponse:
        try:
            response = view(request, *parts, **parameters)
        except Exception as error:
            return render_problem(to_problem(error))
        if response.status_code == 405:
            return render_problem(not_allowed(response.headers["Allow"].split(", ")))
        # What one member may see, another may not.
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return answer


def _build_rest() -> tuple[list[URLPattern | URLResolver], str, str]:
    patterns, name, namespace = api.urls
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            pattern.callback = _speak_of_problems(pattern.callback)
    return patterns, name, namespace


app_name = "api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", _build_rest()),
    path("infobutton", infobutton.infobutton, name="infobutton"),
    path("fhir/metadata", fhir.capabilities, name="fhir-metadata"),
    path("fhir/DiagnosticReport/$explain", fhir.explain, name="fhir-explain"),
    path("fhir/<path:rest>", fhir.refuse, name="fhir-refuse"),
    path("cds-services", cds.discover, name="cds-discover"),
    path("cds-services/<slug:service>", cds.call, name="cds-call"),
    path("hooks/discourse", discourse.receive, name="discourse"),
    path("metrics", metrics.show, name="metrics"),
]
