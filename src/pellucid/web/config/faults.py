"""What a request is answered with when the server cannot do its work."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.views.defaults import server_error

from pellucid.web.api.problems import render_problem, to_problem

_RETRY_AFTER = "10"  # seconds


def fault(request: HttpRequest) -> HttpResponse:
    """A page, or a problem for machines; one of its own while the database is away or full.

    Nothing of it needs the database: not the session, not who is signed in.
    """
    error = sys.exc_info()[1]
    if _is_for_machines(request) and isinstance(error, Exception):
        return render_problem(to_problem(error))
    if not isinstance(error, OperationalError | InterfaceError):
        return server_error(request)
    headers = {"Retry-After": _RETRY_AFTER, "Cache-Control": "no-store"}
    return HttpResponse(render_to_string("503.html"), status=503, headers=headers)


def _is_for_machines(request: HttpRequest) -> bool:
    try:
        return resolve(request.path_info).app_name.startswith("api")
    except Resolver404:
        return False
