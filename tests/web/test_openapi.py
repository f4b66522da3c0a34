"""Schemathesis calls every operation as the OpenAPI document says, and as it does not.

``PELLUCID_API_EXAMPLES`` is how many calls it makes up for each (``scripts/fuzz-api`` makes many).
"""

from __future__ import annotations

import os

import hypothesis
import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from schemathesis.specs.openapi import checks

from pellucid.web.accounts.models import User
from pellucid.web.api.actions import make_token
from pellucid.web.api.models import ApiToken

from .test_threads_api import ask, make, publish

pytestmark = pytest.mark.django_db
EXAMPLES = int(os.environ.get("PELLUCID_API_EXAMPLES", "15"))
CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.unsupported_method,
]


site = get_wsgi_application()


def serve(environ, start_response):
    """The site as a server calls it: with the address of the client."""
    return site({**environ, "REMOTE_ADDR": "192.0.2.1"}, start_response)


# A PDF is bytes to a client; most of what is made up here is none.
schemathesis.serializer.alias("application/pdf", "application/octet-stream")
schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", serve)


@pytest.fixture(params=["anonymous", "token"])
def headers(request, settings):
    """Nobody; or a member who may do everything, with a thread to do it in. Rates are tested elsewhere."""
    settings.API_LIMITS = dict.fromkeys(ApiToken.Scope.values, 10**6)
    settings.FORUM_POSTS_PER_HOUR = settings.FORUM_FLAGS_PER_HOUR = 10**6
    publish(ask(make("ann")))
    secret = make_token(make("mod", User.Role.ADMINISTRATOR), "t", ApiToken.Scope.values)[1]
    return {"Authorization": f"Bearer {secret}"} if request.param == "token" else {}


@schema.parametrize()
@hypothesis.settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(hypothesis.HealthCheck),
)
def test_every_answer_is_as_documented(case, headers):
    case.call_and_validate(headers=headers, checks=CHECKS)
