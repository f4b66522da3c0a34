"""Reports: read in memory, shown, given back; nothing of them is kept or logged."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from pellucid import PellucidError, Reading, render_reading
from pellucid.app.render import arrange_reading
from pellucid.web.config.engine import get_engine
from pellucid.web.pages.forms import MAX_FILE_MB, DownloadForm, ReportForm
from pellucid.web.pages.limits import TooOftenError, count_use

if TYPE_CHECKING:
    from pellucid.web.saved.models import SavedReport

_LOG = logging.getLogger(__name__)
_FAULT = "Pellucid could not read this report. That is a fault of ours, not of the report."
_FILES = {
    "html": ("report.html", "text/html; charset=utf-8"),
    "json": ("report.json", "application/json"),
    "fhir": ("report.fhir.json", "application/fhir+json"),
}


class ReadingFailedError(Exception):
    """A report that could not be read; its message is one line for the reader."""


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def read(request: HttpRequest) -> HttpResponse:
    """Paste or upload a report; its reading."""
    if request.method != "POST":
        return render(request, "pages/read.html", {"form": ReportForm()})
    form = ReportForm(request.POST, request.FILES)
    if _is_too_large(request):
        form.add_error("file", f"The file is over {MAX_FILE_MB} MB, the limit.")
    if not form.is_valid():
        return render(request, "pages/read.html", {"form": form}, status=422)
    if file := form.cleaned_data["file"]:
        return show_reading(request, file.read(), form)
    return show_reading(request, form.cleaned_data["text"], form)


def _is_too_large(request: HttpRequest) -> bool:
    # Django drops a file that does not fit in memory without a word.
    sent = request.META.get("CONTENT_LENGTH") or "0"
    return not request.FILES and sent.isdecimal() and int(sent) > MAX_FILE_MB * 1_000_000


@never_cache
def show_reading(
    request: HttpRequest,
    report: str | bytes,
    form: ReportForm | None = None,
    saved: SavedReport | None = None,
    problem: str = "",
) -> HttpResponse:
    """The page of a report's reading, or the form again with one line that says why not.

    ``saved`` is the entry of the reader's list that the report is; ``problem`` why it was not saved.
    """
    form = form or ReportForm({"text": report})
    try:
        count_use(request, "read")
        reading = read_report(report)
    except TooOftenError as error:
        return _ask_to_wait(request, form, error)
    except ReadingFailedError as error:
        form.add_error("file" if isinstance(report, bytes) else "text", str(error))
        return render(request, "pages/read.html", {"form": form}, status=422)
    context = {
        "view": arrange_reading(reading),
        "saved": saved,
        "problem": problem,
        "title": request.POST.get("title", ""),
        "token": request.POST.get("token") or uuid4(),
    }
    status = 422 if problem else 200
    return render(request, "pages/reading.html", context, status=status)


@sensitive_post_parameters()
@never_cache
@require_POST
def download(request: HttpRequest) -> HttpResponse:
    """The reading of a text that the page sends again, as a file."""
    form = DownloadForm(request.POST)
    if not form.is_valid():
        again = ReportForm({"text": request.POST.get("text", "")})
        again.add_error(None, "Choose HTML, JSON or FHIR, and send the text of a report.")
        return render(request, "pages/read.html", {"form": again}, status=422)
    kind = form.cleaned_data["form"]
    name, content_type = _FILES[kind]
    again = ReportForm({"text": form.cleaned_data["text"]})
    try:
        count_use(request, "read")
        content = render_reading(read_report(form.cleaned_data["text"]), kind)
    except TooOftenError as error:
        return _ask_to_wait(request, again, error)
    except ReadingFailedError as error:
        again.add_error("text", str(error))
        return render(request, "pages/read.html", {"form": again}, status=422)
    return HttpResponse(
        content.encode("utf-8", "replace"),
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _ask_to_wait(request: HttpRequest, form: ReportForm, error: TooOftenError) -> HttpResponse:
    form.add_error(None, str(error))
    if "file" in request.FILES:
        form.add_error("file", "A page cannot keep a file: please choose it again.")
    response = render(request, "pages/read.html", {"form": form}, status=429)
    response["Retry-After"] = str(error.wait)
    return response


def read_report(report: str | bytes) -> Reading:
    """Read a report so that whatever goes wrong, nothing of its words gets out.

    Raises
    ------
    ReadingFailedError
        With one line for the reader.
    """
    try:
        return get_engine().read(report)
    except PellucidError as error:
        message = str(error)
    except Exception as error:
        # A library's message may quote the report: the log has the kind and the place only.
        places = traceback.extract_tb(error.__traceback__)
        _LOG.error("a report was not read: %s in %s", type(error).__name__, places[-1].name)
        message = _FAULT
    raise ReadingFailedError(message[:1].upper() + message[1:])
