"""The REST API, version 1: ask, read, concepts, search; the forum is in ``threads``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pydantic
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Field, NinjaAPI, Path, Query, Router, Schema
from ninja.errors import HttpError, ValidationError

import pellucid
from pellucid.app.render import select_sections
from pellucid.web.api import concepts as index
from pellucid.web.api import threads
from pellucid.web.api.gate import Gate
from pellucid.web.api.problems import Problem, render_problem, to_problem
from pellucid.web.api.schema import add_examples, describe, fail, get_components
from pellucid.web.config.engine import get_engine
from pellucid.web.pages.catalogue import get_catalogue

_MEDIA_TYPES = {
    "json": "application/json",
    "fhir": "application/fhir+json",
    "html": "text/html; charset=utf-8",
    "markdown": "text/markdown; charset=utf-8",
    "text": "text/plain; charset=utf-8",
}
_TEXTS = ("text/html", "text/markdown", "text/plain")
#: A text with at least one character that is seen.
_SOMETHING = r"\S"
Form = Literal["json", "html", "markdown", "text"]
ReadingForm = Literal["json", "fhir", "html", "markdown", "text"]


class _Api(NinjaAPI):
    """The API whose document also has the documented schemas, and says that a token is optional."""

    def get_openapi_schema(self, **options: Any) -> Any:
        schema = super().get_openapi_schema(**options)
        schemas = schema["components"].setdefault("schemas", {})
        schemas.update(get_components())
        kept = schemas["AnswerOut"]["properties"]["answer"]["anyOf"]
        kept[0] = {"$ref": "#/components/schemas/Answer"}  # pydantic knows its own schemas only
        for path in schema["paths"].values():
            for operation in path.values():
                if {"Gate": []} in operation["security"]:
                    operation["security"].insert(0, {})
        add_examples(schema)
        return schema


api = _Api(
    title="Pellucid",
    version="1",
    description="Plain, sourced answers about radiology findings. No question or report that is sent is kept.",
    urls_namespace="api:v1",
    docs_url=None,  # its page loads scripts from elsewhere; docs/api.md is the guide
)


def _refuse(request: HttpRequest, error: Any) -> HttpResponse:
    return render_problem(to_problem(error))


for _kind in (Exception, Http404, HttpError, ValidationError):
    api.add_exception_handler(_kind, _refuse)


class QuestionIn(Schema):
    """A question, and how much of the answer is wanted."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    question: str = Field(
        ..., description="As a lay person types it.", max_length=20_000, pattern=_SOMETHING
    )
    section: str | None = Field(None, description="Only this section, by its key.")
    short: bool = Field(False, description="Only what was asked.")


class ReportIn(Schema):
    """The text of a report."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    text: str = Field(..., pattern=_SOMETHING)


class EntryOut(Schema):
    """A concept in a list."""

    concept: str
    name: str
    kind: str
    codes: dict[str, list[str]]


class PageOut(Schema):
    """A part of the list of concepts."""

    count: int = Field(..., description="How many there are in all.")
    concepts: list[EntryOut]
    next: str | None = Field(..., description="Address of the next part, if there is one.")


class FoundOut(Schema):
    """A concept that was found."""

    concept: str
    name: str


class ResultsOut(Schema):
    """What was found, best first."""

    results: list[FoundOut]


@api.post(
    "/ask",
    auth=Gate("ask"),
    operation_id="ask",
    tags=["answers"],
    openapi_extra=describe("The answer", "Answer", _TEXTS, 422),
)
def ask(request: HttpRequest, body: QuestionIn, format: Form = "json") -> HttpResponse:
    """Answer a question."""
    answer = get_engine().ask(body.question)
    return _write(
        pellucid.render(select_sections(answer, body.section, body.short), format), format
    )


_FILE = {"schema": {"type": "string", "format": "binary"}}
#: The ways in which a report comes; a view that reads the body itself must say them.
_READ_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["text"],
                "additionalProperties": False,
                "properties": {"text": {"type": "string", "pattern": _SOMETHING}},
            }
        },
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": {"type": "string", "format": "binary"}},
            }
        },
        "text/plain": {"schema": {"type": "string"}},
        "application/pdf": _FILE,
        "application/octet-stream": _FILE,
    },
}


@api.post(
    "/read",
    auth=Gate("read"),
    operation_id="read",
    tags=["answers"],
    openapi_extra={
        "requestBody": _READ_BODY,
        **describe("The reading", "Reading", (*_TEXTS, "application/fhir+json"), 415, 422),
    },
)
def read(request: HttpRequest, format: ReadingForm = "json") -> HttpResponse:
    """Read a report; it is read in memory and forgotten.

    It comes as JSON, as the file of a form, or as it is: text, PDF, Word, HTML, FHIR, HL7 v2, CDA,
    DICOM, a picture; what it is shows in the bytes, whatever type is said.
    """
    return _write(pellucid.render_reading(get_engine().read(_get_report(request)), format), format)


@api.get(
    "/concepts",
    auth=Gate("concepts"),
    operation_id="list_concepts",
    tags=["concepts"],
    response=PageOut,
    openapi_extra={"responses": fail(422)},
)
def list_concepts(
    request: HttpRequest,
    system: Annotated[str | None, Query(max_length=100)] = None,
    code: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> dict[str, Any]:
    """List all concepts by name, or those with a code (give both ``system`` and ``code``)."""
    entries = list(get_catalogue().entries.values())
    if system is not None or code is not None:
        found = index.find_system(system or "")
        if found is None or code is None:
            keys = ", ".join(s.key for s in index.SYSTEMS)
            raise Problem(422, "code-system", f"give code=, and system= of these: {keys}")
        entries = [get_catalogue().entries[i] for i in index.find_by_code(found, code)]
    following = None
    if offset + limit < len(entries):
        query = request.GET.copy()
        query["limit"], query["offset"] = str(limit), str(offset + limit)
        address = reverse("api:v1:list_concepts")
        following = request.build_absolute_uri(f"{address}?{query.urlencode()}")
    page = [entry._asdict() for entry in entries[offset : offset + limit]]
    return {"count": len(entries), "concepts": page, "next": following}


@api.get(
    "/concepts/{concept}",
    auth=Gate("concepts"),
    operation_id="show_concept",
    tags=["concepts"],
    openapi_extra=describe("All that is known about the concept", "Answer", _TEXTS, 404, 422),
)
def show_concept(
    request: HttpRequest, concept: Annotated[str, Path(max_length=200)], format: Form = "json"
) -> HttpResponse:
    """Show all that is known about a concept, by its id or any of its names."""
    return _write(pellucid.render(get_engine().show(concept), format), format)


@api.get(
    "/search",
    auth=Gate("concepts"),
    operation_id="search",
    tags=["concepts"],
    response=ResultsOut,
    openapi_extra={"responses": fail(422)},
)
def search(
    request: HttpRequest,
    q: Annotated[str, Query(min_length=1, max_length=200)],
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> dict[str, Any]:
    """Find concepts by words, best first."""
    return {"results": [found._asdict() for found in get_engine().search(q, limit)]}


api.add_router("", threads.router)
# The last of all, for it takes every address.
_rest = Router()
api.add_router("", _rest)


@_rest.api_operation(
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
    "/{path:rest}",
    include_in_schema=False,
)
def refuse(request: HttpRequest, rest: str) -> HttpResponse:
    """There is nothing at any other address."""
    raise Http404


def _get_report(request: HttpRequest) -> str | bytes:
    """The report of a request, in whichever of the ways it came."""
    if request.content_type == "application/json":
        try:
            return ReportIn.model_validate_json(request.body).text
        except pydantic.ValidationError as error:
            places = [
                {"location": ".".join(["body", *map(str, e["loc"])]), "detail": e["msg"]}
                for e in error.errors(include_input=False, include_context=False, include_url=False)
            ]
            raise Problem(422, "validation", 'send {"text": "the report"}', errors=places) from None
    if request.content_type == "multipart/form-data":
        files = request.FILES.getlist("file")
        if len(files) != 1:
            raise Problem(422, "validation", "send one file, in the field 'file'")
        content: bytes = files[0].read()
        return content
    return request.body


def _write(text: str, form: str) -> HttpResponse:
    """The documented form, byte for byte; no cache keeps it."""
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    # Half a surrogate pair can come in by an escape; it cannot go out.
    content = text.encode("utf-8", "replace")
    return HttpResponse(content, content_type=_MEDIA_TYPES[form], headers=headers)
