"""The first administrator: a signed link that ends after a day, and with its first use."""

from __future__ import annotations

from django.contrib.auth import login
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from pellucid.web.pages.access import has_administrator
from pellucid.web.pages.actions import create_first_administrator
from pellucid.web.pages.forms import SetupForm

_SALT = "pellucid.setup"
#: How long a link can be used, in seconds.
MAX_AGE = 24 * 3600


def make_setup_path() -> str | None:
    """The path of a new link, or None if the site has an administrator."""
    if has_administrator():
        return None
    token = signing.dumps("administrator", salt=_SALT, compress=False)
    return reverse("pages:setup", args=[token])


def is_valid(token: str) -> bool:
    """Whether a link is ours, not too old, and still needed."""
    try:
        signing.loads(token, salt=_SALT, max_age=MAX_AGE)
    except signing.BadSignature:
        return False
    return not has_administrator()


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: HttpRequest, token: str) -> HttpResponse:
    """Set the first administrator's email, user name and password."""
    if not is_valid(token):
        return render(request, "pages/setup_over.html", status=404)
    form = SetupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            user = create_first_administrator(given["email"], given["username"], given["password1"])
        except PermissionDenied:
            return render(request, "pages/setup_over.html", status=404)
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        return redirect("pages:home")
    status = 422 if form.is_bound else 200
    return render(request, "pages/setup.html", {"form": form}, status=status)
