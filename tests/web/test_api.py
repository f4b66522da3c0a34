"""The interfaces for other programs: REST, Infobutton, FHIR, CDS Hooks, Discourse, metrics."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import hypothesis
import jsonschema
import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import Client, override_settings
from django.utils import timezone
from hypothesis import strategies as st

import pellucid
from pellucid.web.accounts.models import User
from pellucid.web.api import actions, gate
from pellucid.web.api.access import find_tokens
from pellucid.web.api.discourse_client import Client as Discourse
from pellucid.web.api.discourse_client import DeliveryError
from pellucid.web.api.models import AnsweredTopic, ApiToken, RequestCount
from pellucid.web.config.engine import get_engine

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parent.parent.parent
SCHEMAS = Path(pellucid.__file__).parent / "schemas"
CANARY = "Zebulon Quackenbush"
REPORT = f"""CT CHEST
INDICATION: {CANARY}, cough.
FINDINGS: There is a 6 mm calcified granuloma in the right upper lobe. No pleural effusion.
IMPRESSION: Calcified granuloma."""
MP = "/infobutton?mainSearchCriteria.v.cs=2.16.840.1.113883.6.90&mainSearchCriteria.v.c=I25.84"


def check(name: str, value: object) -> None:
    """Validate against the documented schema."""
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(value)


def check_problem(response, status: int, code: str) -> dict:
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    body = response.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["type"].endswith(code)
    assert "\n" not in body["detail"]
    return body


def post(client: Client, path: str, body: object, **options):
    return client.post(path, json.dumps(body), content_type="application/json", **options)


@pytest.fixture
def member() -> User:
    return User.objects.create_user("ann", "ann@example.org", "secret-word-9")


def make_secret(member: User, *scopes: str) -> str:
    return actions.make_token(member, "test", scopes)[1]


def bear(secret: str) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": f"Bearer {secret}"}


# --- REST


def test_ask_gives_the_documented_answer(client: Client) -> None:
    question = "What does nodular calcification mean?"
    response = post(client, "/api/v1/ask", {"question": question})
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    check("answer", response.json())
    assert response.content.decode() == pellucid.render(get_engine().ask(question), "json")


def test_ask_can_be_short_and_in_other_forms(client: Client) -> None:
    body = {"question": "What is a granuloma?", "section": "meaning"}
    assert {s["key"] for s in post(client, "/api/v1/ask", body).json()["sections"]} == {"meaning"}
    response = post(client, "/api/v1/ask?format=html", body)
    assert response["Content-Type"].startswith("text/html")
    assert b"<article" in response.content


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "validation"),
        ({"question": 7}, "validation"),
        ({"question": "a", "more": 1}, "validation"),
        ({"question": "x" * 20_001}, "validation"),
        ({"question": "\ud800"}, "validation"),
        ({"question": " \n"}, "validation"),
        ({"question": "\x00"}, "input"),
        ({"question": "What is a granuloma?", "section": "nonsense"}, "input"),
        ([], "validation"),
    ],
)
def test_ask_refuses_what_is_no_question(client: Client, body: object, code: str) -> None:
    check_problem(post(client, "/api/v1/ask", body), 422, code)


def test_a_validation_error_names_the_place_and_not_the_value(client: Client) -> None:
    response = post(client, "/api/v1/ask", {"question": ["Zebulon"]})
    body = check_problem(response, 422, "validation")
    assert body["errors"][0]["location"].endswith("question")
    assert b"Zebulon" not in response.content


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("get", "/api/v1/ask", 405, "method"),
        ("put", "/api/v1/concepts", 405, "method"),
        ("get", "/api/v1/", 404, "not-found"),
        ("get", "/api/v1/nothing/here", 404, "not-found"),
        ("post", "/api/v1/nothing", 404, "not-found"),
        ("get", "/api/v1/concepts/no-such-thing-at-all", 404, "unknown-concept"),
        ("get", "/api/v1/search", 422, "validation"),
        ("get", "/api/v1/concepts?limit=501", 422, "validation"),
        ("get", "/api/v1/concepts?code=I25.84", 422, "code-system"),
        ("get", "/api/v1/concepts?code=1&system=snomed", 422, "code-system"),
        ("get", "/cds-services/none", 405, "method"),
        ("get", "/hooks/discourse", 405, "method"),
        ("post", "/infobutton", 405, "method"),
        ("post", "/metrics", 405, "method"),
    ],
)
def test_every_error_is_a_problem(
    client: Client, method: str, path: str, status: int, code: str
) -> None:
    response = getattr(client, method)(path)
    check_problem(response, status, code)
    assert ("Allow" in response) == (status == 405)


def test_a_body_that_is_no_json_is_refused(client: Client) -> None:
    deep = "[" * 200_000
    for text in ("{", deep, b"\xff\xfe", '{"question": 1' + "0" * 5000 + "}"):
        response = client.post("/api/v1/ask", text, content_type="application/json")
        assert response.status_code in (400, 422)
        assert response["Content-Type"] == "application/problem+json"


def test_read_takes_text_a_file_and_bytes(client: Client) -> None:
    responses = [
        post(client, "/api/v1/read", {"text": REPORT}),
        client.post("/api/v1/read", {"file": SimpleUploadedFile("r.txt", REPORT.encode())}),
        client.post("/api/v1/read", REPORT, content_type="text/plain"),
    ]
    for response in responses:
        assert response.status_code == 200, response.content
        check("reading", response.json())
        found = {(f["name"], f["assertion"]["status"]) for f in response.json()["findings"]}
        assert {("Calcified lung granuloma", "present"), ("Pleural effusion", "absent")} <= found
    assert responses[0].content.decode() == pellucid.render_reading(
        get_engine().read(REPORT), "json"
    )


def test_read_gives_fhir(client: Client) -> None:
    response = post(client, "/api/v1/read?format=fhir", {"text": REPORT})
    assert response["Content-Type"] == "application/fhir+json"
    assert response.json()["resourceType"] == "Bundle"


@pytest.mark.parametrize(
    "response",
    [
        {"data": json.dumps({"txt": "x"}), "content_type": "application/json"},
        {"data": json.dumps({"text": "\ud800"}), "content_type": "application/json"},
        {"data": {"other": "x"}},
        {"data": b"", "content_type": "text/plain"},
        {"data": b"\x00\x01\x02\x03" * 100, "content_type": "application/octet-stream"},
        {"data": b"%PDF-1.7 broken", "content_type": "application/pdf"},
        {"data": b"--x\r\nbroken", "content_type": "multipart/form-data; boundary=x"},
        {"data": b"", "content_type": "multipart/form-data"},
    ],
)
def test_read_refuses_what_is_no_report(client: Client, response: dict) -> None:
    answer = client.post("/api/v1/read", **response)
    assert answer.status_code in (400, 415, 422), answer.content
    assert answer["Content-Type"] == "application/problem+json"


def test_what_is_too_large_is_refused_before_it_is_read(client: Client) -> None:
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100):
        file = SimpleUploadedFile("r.txt", b"x" * 200)
        check_problem(client.post("/api/v1/read", {"file": file}), 413, "too-large")
        check_problem(post(client, "/api/v1/ask", {"question": "x" * 200}), 413, "too-large")


def test_a_report_is_neither_kept_nor_logged(client: Client, caplog, tmp_path: Path) -> None:
    from django.db import connection

    caplog.set_level(0)
    fhir = {"resourceType": "DiagnosticReport", "conclusion": REPORT}
    post(client, "/api/v1/read", {"text": REPORT})
    post(client, "/fhir/DiagnosticReport/$explain", fhir)
    client.post("/api/v1/read", CANARY.encode() + b"\x00\xff", content_type="application/pdf")
    assert CANARY not in client.get("/metrics").content.decode()
    # Statements with their values are logged only by a developer's own debugging settings.
    assert not [r for r in caplog.records if CANARY in r.getMessage() or CANARY in str(r.exc_info)]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            assert CANARY not in repr(cursor.fetchall()), table


def test_an_unforeseen_error_is_a_problem_without_its_message(
    client: Client, caplog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(CANARY)

    monkeypatch.setattr(pellucid.Engine, "read", fail)
    fhir = {"resourceType": "DiagnosticReport", "conclusion": "x"}
    check_problem(post(client, "/api/v1/read", {"text": "x"}), 500, "internal")
    response = post(client, "/fhir/DiagnosticReport/$explain", fhir)
    assert response.status_code == 500
    assert response.json()["resourceType"] == "OperationOutcome"
    assert "RuntimeError" in caplog.text
    assert "test_api.py" in caplog.text
    assert CANARY not in caplog.text


def test_without_its_database_the_api_says_so(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError(CANARY)

    monkeypatch.setattr(gate, "count_request", fail)
    response = post(client, "/api/v1/ask", {"question": "What is a granuloma?"})
    check_problem(response, 503, "unavailable")
    assert response["Retry-After"] == "5"
    check_problem(client.get(MP), 503, "unavailable")


def test_concepts_are_listed_in_parts(client: Client) -> None:
    seen, address = [], "/api/v1/concepts?limit=500"
    while address:
        page = client.get(address).json()
        seen += [entry["concept"] for entry in page["concepts"]]
        address = page["next"]
    assert len(seen) == page["count"] == len(get_engine())
    assert set(seen) == set(get_engine().concepts)


@pytest.mark.parametrize(
    ("system", "code", "concept"),
    [
        ("icd10cm", "I25.84", "coronary-artery-calcification"),
        ("2.16.840.1.113883.6.90", "i2584", "coronary-artery-calcification"),
        ("urn:oid:2.16.840.1.113883.6.177", "D006099", "granuloma"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "E83.52", "hypercalcemia"),
        ("http://radlex.org/RID", "RID1301", "pneumonia"),
        ("hpo", "HP:0003072", "hypercalcemia"),
        ("oifm", "OIFM_GMTS_022499", "hypercalcemia"),
    ],
)
def test_concepts_are_found_by_code(client: Client, system: str, code: str, concept: str) -> None:
    page = client.get("/api/v1/concepts", {"system": system, "code": code}).json()
    assert [entry["concept"] for entry in page["concepts"]] == [concept]


def test_a_code_that_is_not_there_finds_nothing(client: Client) -> None:
    page = client.get("/api/v1/concepts", {"system": "icd10cm", "code": "I25"}).json()
    assert (page["count"], page["concepts"], page["next"]) == (0, [], None)


def test_show_and_search(client: Client) -> None:
    answer = client.get("/api/v1/concepts/granuloma").json()
    check("answer", answer)
    assert answer["focus"][0]["concept"] == "granuloma"
    results = client.get("/api/v1/search", {"q": "calcified granuloma", "limit": 3}).json()
    assert {"concept": "calcified-granuloma", "name": "Calcified granuloma"} in results["results"]
    assert len(results["results"]) == 3


WRITES = {"create_thread", "create_post", "vote", "unvote", "flag"}


def test_the_openapi_document_is_whole(client: Client) -> None:
    document = client.get("/api/v1/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]) == {
        "/api/v1/ask",
        "/api/v1/read",
        "/api/v1/concepts",
        "/api/v1/concepts/{concept}",
        "/api/v1/search",
        "/api/v1/categories",
        "/api/v1/threads",
        "/api/v1/threads/{number}",
        "/api/v1/threads/{number}/posts",
        "/api/v1/posts/{number}",
        "/api/v1/posts/{number}/vote",
        "/api/v1/posts/{number}/flag",
    }

    def find_references(node: object) -> Iterator[str]:
        if isinstance(node, dict):
            for key, value in node.items():
                if key == "$ref":
                    yield value
                else:
                    yield from find_references(value)
        elif isinstance(node, list):
            for item in node:
                yield from find_references(item)

    references = set(find_references(document))
    assert "#/components/schemas/Reading/$defs/place" in references
    for reference in references:
        node = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
    for path in document["paths"].values():
        for operation in path.values():
            # What writes needs a token; anything else can do with one.
            needed = operation["operationId"] in WRITES
            assert operation["security"] == ([{"MemberGate": []}] if needed else [{}, {"Gate": []}])
            assert "429" in operation["responses"]
    # An answer fits what the document says of it.
    schema = {"$ref": "#/components/schemas/Reading", "components": document["components"]}
    reading = post(client, "/api/v1/read", {"text": REPORT}).json()
    jsonschema.Draft202012Validator(schema).validate(reading)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate({**reading, "version": "0"})


# --- Tokens and rates


def test_a_token_is_kept_as_a_hash(member: User) -> None:
    token, secret = actions.make_token(member, "portal", ["ask", "ask"])
    assert token.scopes == ["ask"]
    row = repr(ApiToken.objects.values().get(pk=token.pk))
    assert secret not in row
    assert secret[8:] not in row
    assert list(find_tokens(member)) == [token]


def test_a_token_works_where_its_scope_says(client: Client, member: User) -> None:
    secret = make_secret(member, "ask")
    body = {"question": "What is a granuloma?"}
    assert post(client, "/api/v1/ask", body, **bear(secret)).status_code == 200
    response = post(client, "/api/v1/read", {"text": REPORT}, **bear(secret))
    check_problem(response, 403, "scope")
    assert "insufficient_scope" in response["WWW-Authenticate"]
    assert ApiToken.objects.get().last_used is not None


def test_a_token_that_is_not_good_is_refused(client: Client, member: User) -> None:
    token, secret = actions.make_token(member, "x", ["ask"], timezone.now() + timedelta(hours=1))
    body = {"question": "What is a granuloma?"}

    def try_it(text: str = secret) -> int:
        return post(client, "/api/v1/ask", body, **bear(text)).status_code

    assert try_it() == 200
    assert try_it(secret[:-1]) == try_it("") == try_it("\udcff") == 401
    ApiToken.objects.update(expires=timezone.now())
    assert try_it() == 401
    ApiToken.objects.update(expires=None)
    User.objects.update(is_active=False)
    assert try_it() == 401
    User.objects.update(is_active=True)
    assert try_it() == 200
    actions.revoke_token(member, token)
    actions.revoke_token(member, token)
    assert try_it() == 401


def test_who_may_make_and_revoke_tokens(member: User) -> None:
    other = User.objects.create_user("bob", "bob@example.org", "secret-word-9")
    token, _ = actions.make_token(member, "x", ["ask"])
    with pytest.raises(PermissionDenied):
        actions.revoke_token(other, token)
    with pytest.raises(PermissionDenied):
        actions.make_token(member, "x", ["metrics"])
    with pytest.raises(pellucid.InputError):
        actions.make_token(member, "x", ["everything"])
    with pytest.raises(pellucid.InputError):
        actions.make_token(member, "x", [])
    assert not find_tokens(other).exists()


def test_a_command_makes_a_token(client: Client, member: User) -> None:
    out = StringIO()
    call_command("make_token", "ANN@example.org", "portal", "--scope", "ask", stdout=out)
    secret = out.getvalue().strip()
    body = {"question": "What is a granuloma?"}
    assert post(client, "/api/v1/ask", body, **bear(secret)).status_code == 200
    assert ApiToken.objects.get().expires > timezone.now() + timedelta(days=364)
    with pytest.raises(CommandError, match="no member"):
        call_command("make_token", "nobody@example.org", "x", "--scope", "ask")
    with pytest.raises(CommandError, match="may not"):
        call_command("make_token", "ann@example.org", "x", "--scope", "metrics")


@override_settings(API_LIMITS={"ask": 2, "concepts": 2})
def test_rates_are_per_address_scope_and_token(
    client: Client, member: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [6_000_000.0]
    monkeypatch.setattr(gate.time, "time", lambda: now[0])
    body = {"question": "What is a granuloma?"}

    def ask(**options) -> int:
        return post(client, "/api/v1/ask", body, **options).status_code

    assert [ask(), ask(), ask()] == [200, 200, 429]
    response = post(client, "/api/v1/ask", body)
    check_problem(response, 429, "rate")
    assert response["Retry-After"] == "60"
    assert client.get("/api/v1/search?q=lung").status_code == 200
    assert ask(REMOTE_ADDR="10.0.0.9") == 200
    secret = make_secret(member, "ask")
    assert [ask(**bear(secret)) for _ in range(21)] == [200] * 20 + [429]
    # A caller cannot choose the address that it is counted under.
    assert ask(HTTP_X_FORWARDED_FOR="10.0.0.77") == 429
    # Guesses of tokens are counted too.
    assert ask(**bear("plc_wrong")) == 429
    now[0] += 60
    assert ask() == 200
    assert set(RequestCount.objects.values_list("window", flat=True)) == {int(now[0] // 60)}


def test_no_count_is_lost_between_processes(tmp_path: Path) -> None:
    env = {**os.environ, "PELLUCID_DATA_DIR": str(tmp_path), "PELLUCID_DATABASE_URL": ""}
    migrate = [sys.executable, str(ROOT / "manage.py"), "migrate", "-v0", "api"]
    subprocess.run(migrate, env=env, check=True, timeout=120, capture_output=True)
    code = """
import django
django.setup()
from pellucid.web.api.actions import count_request
print(*(count_request("k", 7) for _ in range(20)))
"""
    processes = [
        subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    counts = [int(n) for process in processes for n in process.communicate(timeout=120)[0].split()]
    assert sorted(counts) == list(range(1, 61))


def test_an_ipv6_household_is_one_address_and_none_is_kept(client: Client) -> None:
    with override_settings(API_LIMITS={"concepts": 1}):
        get = [
            client.get("/api/v1/search?q=lung", REMOTE_ADDR=a).status_code
            for a in ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1")
        ]
    assert get == [200, 429, 200]
    assert "2001" not in repr(list(RequestCount.objects.values_list("key")))


def test_behind_a_proxy_the_address_is_the_proxys_word(client: Client) -> None:
    with override_settings(API_LIMITS={"concepts": 1}, ALLAUTH_TRUSTED_PROXY_COUNT=1):
        get = [
            client.get("/api/v1/search?q=lung", HTTP_X_FORWARDED_FOR=a).status_code
            for a in ("9.9.9.9, 10.0.0.1", "8.8.8.8, 10.0.0.1", "9.9.9.9, 10.0.0.2")
        ]
    assert get == [200, 429, 200]


# --- Infobutton


def test_infobutton_in_json(client: Client) -> None:
    response = client.get(f"{MP}&knowledgeResponseType=application/json")
    assert response["Content-Type"] == "application/json"
    feed = response.json()["feed"]
    assert {"scheme": "mainSearchCriteria.v.c", "term": "I25.84"} in feed["category"]
    [entry] = feed["entry"]
    assert entry["title"]["_value"] == "Coronary artery calcification"
    assert entry["link"][0]["href"] == "http://testserver/c/coronary-artery-calcification"
    assert "<li>" in entry["summary"]["_value"]
    assert client.get("/c/coronary-artery-calcification").status_code == 200


def test_infobutton_in_atom(client: Client) -> None:
    response = client.get(MP)
    assert response["Content-Type"] == "text/xml; charset=utf-8"
    space = "{http://www.w3.org/2005/Atom}"
    root = ElementTree.fromstring(response.content)
    assert root.tag == f"{space}feed"
    for name in ("title", "subtitle", "updated", "id", "author"):
        assert len(root.findall(space + name)) == 1, name
    [entry] = root.findall(f"{space}entry")
    for name in ("title", "updated", "id", "summary"):
        assert entry.findtext(space + name), name
    link = entry.find(f"{space}link")
    assert link is not None
    assert link.get("href") == "http://testserver/c/coronary-artery-calcification"


def get_feed(client: Client, **criteria: str) -> dict:
    query = {key.replace("__", "."): value for key, value in criteria.items()}
    query["knowledgeResponseType"] = "application/json"
    response = client.get("/infobutton", query)
    assert response.status_code == 200, response.content
    return response.json()["feed"]


def test_infobutton_gives_each_page_of_a_code(client: Client) -> None:
    feed = get_feed(
        client,
        mainSearchCriteria__v__cs="2.16.840.1.113883.6.90",
        mainSearchCriteria__v__c="R91.1",
    )
    titles = {entry["title"]["_value"] for entry in feed["entry"]}
    assert len(titles) == 2


@pytest.mark.parametrize("name", ["Calcified granuloma", "calcified granulomas"])
def test_infobutton_falls_back_on_the_name(client: Client, name: str) -> None:
    feed = get_feed(
        client,
        mainSearchCriteria__v__cs="2.16.840.1.113883.6.96",
        mainSearchCriteria__v__c="1",
        mainSearchCriteria__v__dn=name,
    )
    assert [e["title"]["_value"] for e in feed["entry"]] == ["Calcified granuloma"]


@pytest.mark.parametrize(
    ("criteria", "says"),
    [
        ({"mainSearchCriteria__v__cs": "2.16.840.1.113883.6.90", "mainSearchCriteria__v__c": "Z99"}, "ICD-10-CM Z99"),
        ({"mainSearchCriteria__v__cs": "1.2.3", "mainSearchCriteria__v__c": "x"}, "1.2.3"),
        ({"mainSearchCriteria__v__cs": "2.16.840.1.113883.6.96", "mainSearchCriteria__v__c": "445512009"}, "SNOMED CT"),
        ({"mainSearchCriteria__v__cs": "2.16.840.1.113883.6.1", "mainSearchCriteria__v__c": "3187-2"}, "LOINC"),
        ({"mainSearchCriteria__v__cs": "urn:oid:2.16.840.1.113883.6.88", "mainSearchCriteria__v__c": "637188"}, "RxNorm (only ICD-10-CM"),
        ({"mainSearchCriteria__v__dn": "florbled quonkitis"}, "florbled"),
        ({"mainSearchCriteria__v__dn": "\x01\x02"}, "Nothing"),
        (
            {"mainSearchCriteria__v__dn": "granuloma", "informationRecipient__languageCode__c": "es"},
            "Only English",
        ),
    ],
)  # fmt: skip
def test_an_empty_feed_says_why(client: Client, criteria: dict, says: str) -> None:
    feed = get_feed(client, **criteria)
    assert feed["entry"] == []
    assert says in feed["subtitle"]["_value"]
    query = {key.replace("__", "."): value for key, value in criteria.items()}
    ElementTree.fromstring(client.get("/infobutton", query).content)


@pytest.mark.parametrize("form", ["application/json", "text/xml", ""])
def test_infobutton_takes_a_whole_request_of_a_portal(client: Client, form: str) -> None:
    """The parameters of HL7's URL-based implementation guide; those that do not matter are passed over."""
    request = {
        "representedOrganization.id.root": "1.2.840.114350",
        "knowledgeRequestNotification.effectiveTime.v": "20261101120000",
        "taskContext.c.c": "PROBLISTREV",
        "subTopic.v.c": "Q000628",
        "patientPerson.administrativeGenderCode.c": "F",
        "age.v.v": "60",
        "age.v.u": "a",
        "performer": "PAT",
        "informationRecipient": "PAT",
        "informationRecipient.languageCode.c": "en",
        "informationRecipient.languageCode.cs": "ISO 639-1",
        "mainSearchCriteria.v.cs": "2.16.840.1.113883.6.90",
        "mainSearchCriteria.v.c": "I25.84",
        "mainSearchCriteria.v.dn": "Coronary atherosclerosis due to calcified lesion",
        "xsl": "portal",
    }
    response = client.get(
        "/infobutton", {**request, **({"knowledgeResponseType": form} if form else {})}
    )
    assert response.status_code == 200
    if form == "application/json":
        (title,) = [entry["title"]["_value"] for entry in response.json()["feed"]["entry"]]
    else:
        title = ElementTree.fromstring(response.content).findtext("{*}entry/{*}title")
    assert title == "Coronary artery calcification"


def test_pages_of_other_sites_may_fetch_education_and_nothing_of_the_forum(client: Client) -> None:
    origin = {"HTTP_ORIGIN": "https://portal.example"}
    ask = {"HTTP_ACCESS_CONTROL_REQUEST_METHOD": "POST", **origin}
    for path in ("/infobutton", "/cds-services", "/fhir/metadata", "/api/v1/search?q=lung"):
        response = client.get(path, **origin)
        assert response["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in response
        assert client.options(path, **ask)["Access-Control-Allow-Origin"] == "*"
    for path in (
        "/",
        "/read",
        "/forum/",
        "/api/v1/threads",
        "/api/v1/posts/1",
        "/metrics",
        "/accounts/login/",
    ):
        assert "Access-Control-Allow-Origin" not in client.get(path, **origin)
        assert "Access-Control-Allow-Origin" not in client.options(path, **ask)


def test_infobutton_takes_english_by_its_names(client: Client) -> None:
    for language in ("en", "EN-us", "eng"):
        response = client.get(f"{MP}&informationRecipient.languageCode.c={language}")
        assert b"<entry>" in response.content


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("", 400, "criteria"),
        ("?mainSearchCriteria.v.c=I25.84", 400, "criteria"),
        ("?mainSearchCriteria.v.dn=" + "x" * 501, 400, "criteria"),
        ("?mainSearchCriteria.v.dn=x&knowledgeResponseType=application/javascript", 406, "response-type"),
        ("?mainSearchCriteria.v.dn=x&knowledgeResponseType=text/html", 406, "response-type"),
    ],
)  # fmt: skip
def test_infobutton_refuses(client: Client, query: str, status: int, code: str) -> None:
    check_problem(client.get(f"/infobutton{query}"), status, code)


# --- FHIR and CDS Hooks


DIAGNOSTIC_REPORT = {
    "resourceType": "DiagnosticReport",
    "status": "final",
    "code": {"text": "CT chest"},
    "presentedForm": [
        {"contentType": "text/plain", "data": b64encode(REPORT.encode()).decode("ascii")}
    ],
}


@pytest.mark.parametrize(
    "body",
    [
        DIAGNOSTIC_REPORT,
        {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [{"resource": DIAGNOSTIC_REPORT}],
        },
        {
            "resourceType": "Parameters",
            "parameter": [{"name": "report", "resource": DIAGNOSTIC_REPORT}],
        },
    ],
)
def test_fhir_explains_a_report(client: Client, body: dict) -> None:
    response = client.post(
        "/fhir/DiagnosticReport/$explain", json.dumps(body), content_type="application/fhir+json"
    )
    assert (response.status_code, response["Content-Type"]) == (200, "application/fhir+json")
    bundle = response.json()
    kinds = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
    assert kinds[0] == "DiagnosticReport"
    assert set(kinds[1:]) == {"Observation"}
    reading = get_engine().read(json.dumps(DIAGNOSTIC_REPORT).encode())
    assert len(kinds) == 1 + len(reading.findings) > 2


@pytest.mark.parametrize(
    ("body", "kind", "status", "issue"),
    [
        ("{", "application/json", 400, "structure"),
        ("[" * 100_000, "application/json", 400, "structure"),
        ("{}", "application/json", 422, "processing"),
        ('{"resourceType": "Patient"}', "application/json", 422, "processing"),
        ('{"resourceType": "Parameters", "parameter": 3}', "application/json", 422, "processing"),
        ('{"resourceType": "DiagnosticReport"}', "application/json", 422, "processing"),
        ("<x/>", "application/fhir+xml", 415, "not-supported"),
    ],
)
def test_fhir_errors_are_outcomes(
    client: Client, body: str, kind: str, status: int, issue: str
) -> None:
    response = client.post("/fhir/DiagnosticReport/$explain", body, content_type=kind)
    assert (response.status_code, response["Content-Type"]) == (status, "application/fhir+json")
    outcome = response.json()
    assert outcome["resourceType"] == "OperationOutcome"
    assert outcome["issue"][0]["code"] == issue


def test_fhir_says_what_it_can(client: Client) -> None:
    statement = client.get("/fhir/metadata").json()
    assert statement["resourceType"] == "CapabilityStatement"
    assert statement["rest"][0]["resource"][0]["operation"][0]["name"] == "explain"
    outcome = client.get("/fhir/Patient/1")
    assert (outcome.status_code, outcome.json()["issue"][0]["code"]) == (404, "not-found")
    assert client.get("/fhir/DiagnosticReport/$explain").status_code == 405


def make_condition(code: dict, **more: object) -> dict:
    return {"resourceType": "Condition", "code": code, **more}


I2584 = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "I25.84"}]}


def call_hook(client: Client, prefetch: object, hook: str = "patient-view", **context: object):
    body = {
        "hook": hook,
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"userId": "Practitioner/1", "patientId": "1", **context},
        "prefetch": prefetch,
    }
    return post(client, "/cds-services/pellucid-education", body)


def get_linked(response) -> list[str]:
    assert response.status_code == 200, response.content
    cards = response.json()["cards"]
    for card in cards:
        assert len(card["summary"]) <= 140
        assert card["indicator"] == "info"
        assert card["source"]["label"]
    return [card["links"][0]["url"].rpartition("/")[2] for card in cards]


def test_cds_services_are_listed_one_hook_each(client: Client) -> None:
    services = client.get("/cds-services").json()["services"]
    assert {s["hook"] for s in services} == {"patient-view", "order-sign"}
    assert len({s["id"] for s in services}) == len(services)
    assert all(s["description"] and s["prefetch"] for s in services)


def test_cds_cards_link_problems(client: Client) -> None:
    named = make_condition({"text": "Calcified granuloma"})
    bundle = {
        "resourceType": "Bundle",
        "entry": [{"resource": make_condition(I2584)}, {"resource": named}],
    }
    linked = get_linked(call_hook(client, {"conditions": bundle, "reports": None}))
    assert linked == ["coronary-artery-calcification", "calcified-granuloma"]


@pytest.mark.parametrize(
    "condition",
    [
        make_condition(I2584, clinicalStatus={"coding": [{"code": "resolved"}]}),
        make_condition(I2584, verificationStatus={"coding": [{"code": "refuted"}]}),
        make_condition({"text": "something else"}),
        make_condition({"coding": "x"}),
        {"resourceType": "Patient"},
        [],
        7,
    ],
)
def test_cds_gives_no_card_without_a_reason(client: Client, condition: object) -> None:
    assert get_linked(call_hook(client, {"conditions": condition})) == []


def test_cds_cards_link_what_a_report_finds_and_not_what_it_denies(client: Client) -> None:
    linked = get_linked(call_hook(client, {"reports": DIAGNOSTIC_REPORT}))
    assert "calcified-lung-granuloma" in linked
    assert "pleural-effusion" not in linked


def test_cds_cards_link_reasons_of_orders(client: Client) -> None:
    order = {"resourceType": "ServiceRequest", "status": "draft", "reasonCode": [I2584]}
    orders = {"resourceType": "Bundle", "entry": [{"resource": order}]}
    response = call_hook(client, None, "order-sign", draftOrders=orders)
    assert get_linked(response) == ["coronary-artery-calcification"]


def test_cds_refuses_what_is_no_call(client: Client) -> None:
    path = "/cds-services/pellucid-education"
    check_problem(call_hook(client, None), 412, "prefetch")
    check_problem(call_hook(client, {}, "no-such-hook"), 400, "hook")
    check_problem(post(client, path, []), 400, "hook")
    check_problem(client.post(path, "{", content_type="application/json"), 400, "json")
    check_problem(post(client, "/cds-services/none", {}), 404, "not-found")


KEYS = st.sampled_from(
    """resourceType entry resource parameter code coding system display text reasonCode status
    clinicalStatus conclusion conclusionCode presentedForm contentType data result reference""".split()
)
WORDS = st.sampled_from(
    """Bundle Parameters DiagnosticReport Condition ServiceRequest icd10cm I25.84 text/plain
    http://hl7.org/fhir/sid/icd-10-cm resolved Calcification""".split()
)
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=9),
    lambda tree: st.lists(tree, max_size=3) | st.dictionaries(KEYS, tree, max_size=5),
    max_leaves=15,
)


@override_settings(API_LIMITS={"read": 1_000_000})
@hypothesis.settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
@hypothesis.given(tree=TREES)
def test_no_resource_breaks_fhir_and_cds(client: Client, tree: object) -> None:
    for resource in (
        tree,
        {"resourceType": "DiagnosticReport", "conclusionCode": tree, "text": tree},
    ):
        response = post(client, "/fhir/DiagnosticReport/$explain", resource)
        assert response.status_code in (200, 422), response.content
        assert response.json()["resourceType"] in ("Bundle", "OperationOutcome")
        assert call_hook(client, {"any": resource}, draftOrders=tree).status_code == 200


# --- Discourse


SECRET = "webhook-secret"
POST_CREATED = json.loads((Path(__file__).parent / "discourse_post_created.json").read_text())
TOPIC_CREATED = {
    "topic": {
        "id": 71,
        "title": "What does nodular calcification mean?",
        "archetype": "regular",
        "slug": "what-does-nodular-calcification-mean",
        "posts_count": 1,
    }
}


def deliver(client: Client, event: str, body: object, secret: str = SECRET):
    content = json.dumps(body).encode()
    signature = hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
    return client.post(
        "/hooks/discourse",
        content,
        content_type="application/json",
        HTTP_X_DISCOURSE_EVENT=event,
        HTTP_X_DISCOURSE_EVENT_TYPE=event.partition("_")[0],
        HTTP_X_DISCOURSE_EVENT_SIGNATURE=f"sha256={signature}",
    )


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PELLUCID_DISCOURSE_SECRET", SECRET)
    for name in ("URL", "KEY", "USER"):
        monkeypatch.delenv(f"PELLUCID_DISCOURSE_{name}", raising=False)


class FakeDiscourse(HTTPServer):
    """Answers ``POST /posts.json`` as Discourse documents it, with the status that is set."""

    status = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[tuple[str, dict[str, str], dict]] = []


class _Handler(BaseHTTPRequestHandler):
    server: FakeDiscourse

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.received.append((self.path, dict(self.headers), body))
        answer = json.dumps({"id": 5512, "topic_id": body["topic_id"], "post_number": 2}).encode()
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def forum(hook: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDiscourse]:
    with FakeDiscourse() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        monkeypatch.setenv("PELLUCID_DISCOURSE_URL", f"http://127.0.0.1:{server.server_port}/")
        monkeypatch.setenv("PELLUCID_DISCOURSE_KEY", "the-key")
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("event", "body"), [("topic_created", TOPIC_CREATED), ("post_created", POST_CREATED)]
)
def test_discourse_gets_a_draft(client: Client, hook: None, event: str, body: dict) -> None:
    response = deliver(client, event, body).json()
    assert (response["state"], response["status"]) == ("draft", "answered")
    assert response["draft"].startswith("*Automatic answer, not yet reviewed")
    assert "# Nodular calcification" in response["draft"]
    assert "https://" in response["draft"]
    assert not AnsweredTopic.objects.exists()


def test_discourse_gets_one_reply_to_a_topic(client: Client, forum: FakeDiscourse) -> None:
    assert deliver(client, "post_created", POST_CREATED).json()["state"] == "posted"
    assert deliver(client, "post_created", POST_CREATED).json()["state"] == "answered"
    [(path, headers, body)] = forum.received
    assert path == "/posts.json"
    assert (headers["Api-Key"], headers["Api-Username"]) == ("the-key", "system")
    assert body["topic_id"] == POST_CREATED["post"]["topic_id"]
    assert "# Nodular calcification" in body["raw"]
    assert AnsweredTopic.objects.get().post == 5512


@pytest.mark.parametrize("status", [302, 403, 429, 500])
def test_a_reply_that_was_not_taken_can_be_delivered_again(
    client: Client, forum: FakeDiscourse, status: int
) -> None:
    forum.status = status
    check_problem(deliver(client, "topic_created", TOPIC_CREATED), 502, "discourse")
    forum.status = 200
    assert deliver(client, "topic_created", TOPIC_CREATED).json()["state"] == "posted"
    assert len(forum.received) == 2


def test_a_claim_whose_process_died_is_free_again() -> None:
    assert actions.claim_topic(5)
    assert not actions.claim_topic(5)
    AnsweredTopic.objects.update(claimed_at=timezone.now() - timedelta(minutes=3))
    assert actions.claim_topic(5)
    actions.keep_answer(5, 9)
    AnsweredTopic.objects.update(claimed_at=timezone.now() - timedelta(minutes=3))
    assert not actions.claim_topic(5)


@pytest.mark.parametrize(
    ("event", "body"),
    [
        ("post_created", {"post": {**POST_CREATED["post"], "post_number": 2}}),
        ("post_created", {"post": {**POST_CREATED["post"], "topic_archetype": "private_message"}}),
        ("topic_created", {"topic": {**TOPIC_CREATED["topic"], "archetype": "private_message"}}),
        ("topic_created", {"topic": {**TOPIC_CREATED["topic"], "id": "71"}}),
        ("topic_created", {"topic": None}),
        ("topic_edited", TOPIC_CREATED),
        ("topic_created", {"topic": {**TOPIC_CREATED["topic"], "title": "x" * 20_001}}),
    ],
)
def test_discourse_ignores_the_rest(
    client: Client, forum: FakeDiscourse, event: str, body: dict
) -> None:
    assert deliver(client, event, body).json()["state"] == "ignored"
    assert forum.received == []


def test_discourse_leaves_what_is_not_known_to_people(client: Client, forum: FakeDiscourse) -> None:
    body = {"topic": {**TOPIC_CREATED["topic"], "title": "florbled quonkitis?"}}
    assert deliver(client, "topic_created", body).json()["state"] == "draft"
    assert forum.received == []


def test_discourse_must_sign(client: Client, hook: None, monkeypatch: pytest.MonkeyPatch) -> None:
    response = deliver(client, "topic_created", TOPIC_CREATED, secret="wrong")
    check_problem(response, 403, "signature")
    unsigned = post(client, "/hooks/discourse", TOPIC_CREATED)
    check_problem(unsigned, 403, "signature")
    check_problem(deliver(client, "topic_created", [1]), 400, "json")
    assert deliver(client, "ping", {"ping": "OK"}).json() == {"state": "ok"}
    monkeypatch.delenv("PELLUCID_DISCOURSE_SECRET")
    check_problem(deliver(client, "topic_created", TOPIC_CREATED, secret=""), 404, "not-found")


def test_the_key_goes_over_tls_only() -> None:
    with pytest.raises(pellucid.InputError):
        Discourse("http://forum.example.org", "key")
    Discourse("https://forum.example.org", "key")
    with pytest.raises(DeliveryError, match="cannot be reached"):
        Discourse("http://127.0.0.1:9", "key").post_reply(1, "x")


# --- Metrics


METRICS = ["pellucid.web.api.metrics.RequestMetrics"]


def test_metrics_count_by_route_without_text(client: Client, settings) -> None:
    if METRICS[0] not in settings.MIDDLEWARE:
        settings.MIDDLEWARE = [*METRICS, *settings.MIDDLEWARE]
    timed = Client()
    timed.get("/api/v1/concepts/granuloma")
    timed.get("/no/such/canary-page")
    timed.generic("BREW", "/infobutton")
    text = timed.get("/metrics").content.decode()
    line = 'pellucid_request_seconds_count{method="GET",route="api:v1:show_concept",status="200"}'
    assert any(row.startswith(line) and float(row.split()[-1]) >= 1 for row in text.splitlines())
    assert 'route="none"' in text
    assert 'method="other"' in text
    assert "granuloma" not in text
    assert "canary" not in text


def test_metrics_are_for_this_machine_or_a_token(client: Client, member: User) -> None:
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="::1").status_code == 200
    check_problem(client.get("/metrics", REMOTE_ADDR="10.0.0.1"), 403, "forbidden")
    check_problem(client.get("/metrics", REMOTE_ADDR=""), 403, "forbidden")
    # A proxy on this machine speaks for someone else.
    check_problem(client.get("/metrics", HTTP_X_FORWARDED_FOR="1.2.3.4"), 403, "forbidden")
    User.objects.update(role=User.Role.ADMINISTRATOR)
    member.refresh_from_db()
    secret = make_secret(member, "metrics")
    far = {"REMOTE_ADDR": "10.0.0.1"}
    assert client.get("/metrics", **far, **bear(secret)).status_code == 200
    check_problem(
        client.get("/metrics", **far, **bear(make_secret(member, "ask"))), 403, "forbidden"
    )
