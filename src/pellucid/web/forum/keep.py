"""Nothing typed is lost: what a form brought is kept until it is posted.

A member whose sign-in ran out signs in and finds the text in the form again; so does one who closed
the page after a refusal. The text stays in the session on the server, never in an address, and
without the personal details in it: those are only in the page that the author has open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, NamedTuple

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.views.decorators.csrf import csrf_exempt

from pellucid.web.forum.personal import hide_personal_details

_KEY = "unsent"
_MOST = 5  # forms
_LONGEST = 50_000  # characters of a field
#: Fields that are not kept: the last two tell of what was hidden. Then those that hold no words.
_NO_TEXT = ("csrfmiddlewaretoken", "step", "confirmed", "shown")
_PLAIN = ("token", "category", "quotes", "state")
_LEFT_OUT = "hidden"
_HIDDEN = "Your text was kept, but for what may tell who somebody is. Please look through it."
_STALE = "Your sign-in changed while you were writing. Nothing is lost: please send it again."


class Typed(NamedTuple):
    """What a form brought: ``sent`` now by a member, or kept from before; ``note`` says why."""

    data: Mapping[str, Any] | None
    sent: bool = False
    note: str = ""


View = Callable[..., HttpResponseBase]


def keeps_text(view: View) -> View:
    """Give a view its text as ``typed``; it does something only if ``typed.sent``."""

    # Exempt from the refusal, not from the check: a page that was opened before signing in holds an
    # old token, and a refusal would throw the text away. It is shown again, and nothing is done.
    @csrf_exempt
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST":
            kept = request.session.get(_KEY, {}).get(request.path)
            note = _HIDDEN if kept and kept.get(_LEFT_OUT) else ""
            return view(request, *args, typed=Typed(kept, note=note), **kwargs)
        if not _is_ours(request):
            # The session is left alone: another site may have sent this.
            response = view(request, *args, typed=Typed(request.POST, note=_STALE), **kwargs)
            response.status_code = 403
            return response
        _keep(request)
        if not request.user.is_authenticated:
            return redirect_to_login(request.path)
        return view(request, *args, typed=Typed(request.POST, sent=True), **kwargs)

    return wrapped


def forget_text(request: HttpRequest) -> None:
    """The text was posted: keep it no longer."""
    kept = request.session.get(_KEY, {})
    if kept.pop(request.path, None) is not None:
        request.session[_KEY] = kept


def _keep(request: HttpRequest) -> None:
    typed = {
        name: value[:_LONGEST]
        for name, value in request.POST.items()
        if isinstance(value, str) and name not in _NO_TEXT
    }
    shown = request.POST.getlist("shown")
    fields = {
        name: value if name in _PLAIN else hide_personal_details(value, shown)
        for name, value in typed.items()
    }
    if fields != typed:
        fields[_LEFT_OUT] = "1"
    kept = request.session.get(_KEY, {})
    kept.pop(request.path, None)
    kept[request.path] = fields
    request.session[_KEY] = dict(list(kept.items())[-_MOST:])


def _is_ours(request: HttpRequest) -> bool:
    def enforced(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    return CsrfViewMiddleware(enforced).process_view(request, enforced, (), {}) is None
