"""What people type never becomes a script: every payload in every field, in a real browser.

Most pages are opened with the content security policy switched off, so that what makes the text inert
is shown alone; the policy is the second wall, and its own tests open pages with it.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

import pytest

from .conftest import Open, Watch
from .members import PASSWORD, get_number
from .payloads import ALL, ATTRIBUTE

_CONFIRMED = re.compile(r'name="confirmed" value="(\w+)"')
_SHOWN = re.compile(r'name="shown" id="shown-\d+" value="([^"]*)"')
SAME = "What does nodular calcification mean?"

# All that a text may have become: an element, an attribute or an address that can act.
_FIND_ACTIVE = r"""() => {
  const found = [];
  const leads = value => { try { return new URL(value, location).protocol; } catch { return ''; } };
  for (const e of document.querySelectorAll('*')) {
    const name = e.localName;
    const ours = e.closest('svg.drawing, head') || (name === 'img' && e.src.startsWith('data:image/svg'));
    if (['iframe', 'object', 'embed', 'base', 'applet', 'frame', 'template', 'math'].includes(name)
        || (['svg', 'img', 'image', 'video', 'audio', 'style', 'marquee'].includes(name) && !ours)
        || (name === 'meta' && e.httpEquiv)
        || (name === 'link' && !['canonical', 'icon', 'stylesheet', 'alternate'].includes(e.rel))
        || (name === 'script' && !(e.type.endsWith('json') || e.src.startsWith(location.origin + '/static/'))))
      found.push(e.outerHTML.slice(0, 200));
    for (const {name: key, value} of e.attributes) {
      const address = ['href', 'src', 'action', 'formaction', 'data', 'xlink:href'].includes(key);
      if (/^on/i.test(key) || key === 'srcdoc' || (key === 'style' && !e.closest('svg.drawing'))
          || (address && !['http:', 'https:', 'mailto:', ''].includes(leads(value)) && !ours))
        found.push(key + '=' + value.slice(0, 200));
      if (['action', 'formaction'].includes(key) && new URL(value, location).origin !== location.origin)
        found.push(key + '=' + value);
    }
  }
  if (window.ran) found.push('a script ran');
  return found;
}"""


class Sender:
    """A member who sends forms past the browser's own checks, and looks at pages."""

    def __init__(self, page: Any, watch: Watch) -> None:
        self.page = page
        self._watch = watch
        page.goto("/about")

    def send(self, address: str, **fields: Any) -> Any:
        """Send a form; the answer, which may lead elsewhere: it is not followed."""
        token = {c["name"]: c["value"] for c in self.page.context.cookies()}.get("csrftoken", "")
        headers = {"X-CSRFToken": token}
        body: dict[str, Any] = {"multipart": fields}
        if not any(isinstance(value, dict) for value in fields.values()):
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = {"data": urlencode(fields, doseq=True)}
        return self.page.request.post(address, headers=headers, max_redirects=0, **body)

    def confirm(self, address: str, **fields: Any) -> Any:
        """Send a form; if personal details are found, look at that page, and publish all as typed."""
        answer = self.send(address, **fields)
        if answer.status == 200 and (found := _CONFIRMED.search(answer.text())):
            self.show(answer)
            self.check(str(fields))
            shown = [unescape(value) for value in _SHOWN.findall(answer.text())]
            answer = self.send(address, confirmed=found[1], shown=shown, **fields)
        return answer

    def publish(self, address: str, **fields: Any) -> None:
        """Send a form and see that it was taken; what holds a null byte never is."""
        answer = self.confirm(address, **fields)
        taken = answer.headers.get("location") is not None
        assert taken == ("\0" not in "".join(map(str, fields.values()))), (address, fields)

    def show(self, answer: Any, kind: str | None = None) -> None:
        """Open an answer as the browser would, had it sent the form itself."""
        if to := answer.headers.get("location"):
            self.page.goto(to)
            return
        headers = answer.headers | ({"content-type": kind} if kind else {})
        for name in ("content-encoding", "content-length", "content-disposition"):
            headers.pop(name, None)
        body = answer.body()
        self.page.route("**/shown", lambda r: r.fulfill(body=body, headers=headers))
        self.page.goto("/shown")
        self.page.unroute("**/shown")

    def check(self, payload: str = "") -> None:
        """Nothing of the page acts."""
        assert self.page.evaluate(_FIND_ACTIVE) == [], payload
        assert self._watch.seen == [], payload

    def look(self, address: str, payload: str = "") -> None:
        """Open an address; nothing of it acts."""
        self.page.goto(address)
        self.check(payload)


@pytest.fixture
def send_as(open_as: Open, watch: Watch) -> Any:
    def make(name: str, **options: Any) -> Sender:
        return Sender(open_as(name, **{"bypass_csp": True} | options), watch)

    return make


@pytest.fixture
def anyone(open_browser: Open, watch: Watch) -> Sender:
    sender = Sender(open_browser(bypass_csp=True), watch)
    sender.page.goto("/")
    return sender


def group(most: int) -> list[list[str]]:
    """The payloads in as few groups as fit into a field; what holds a null byte is with its like."""
    groups: list[list[str]] = [[]]
    length = 0
    for payload in sorted((p for p in ALL if len(p) < most), key=lambda p: "\0" in p):
        other = bool(groups[-1]) and ("\0" in payload) != ("\0" in groups[-1][0])
        if length + len(payload) + 1 > most or other:
            groups.append([])
            length = 0
        groups[-1].append(payload)
        length += len(payload) + 1
    return groups


def join(most: int) -> list[str]:
    """The payloads in as few texts as fit into a field."""
    return [" ".join(payloads) for payloads in group(most)]


def get_fields(title: str, source: str) -> dict[str, str]:
    return {"title": f"{SAME} {title}", "category": "1", "source": source, "token": str(uuid4())}


def test_the_corpus_is_wide() -> None:
    assert len(set(ALL)) == len(ALL) >= 60


def test_the_check_finds_what_acts(open_browser: Open, watch: Watch) -> None:
    page = open_browser(bypass_csp=True)
    page.goto("/about")
    for payload in ("<img src=x onerror=ran=1>", "<a href=javascript:alert(1)>x</a>", "<svg>"):
        page.evaluate("html => document.querySelector('main').innerHTML = html", payload)
        page.wait_for_timeout(50)
        assert page.evaluate(_FIND_ACTIVE)
    page.evaluate("alert(1)")
    page.evaluate("fetch('https://evil.invalid/').catch(() => 0)")
    assert {seen.split()[0] for seen in watch.seen} >= {"dialog", "request"}
    watch.seen.clear()


def test_threads_and_reviews(send_as: Any) -> None:
    mo, ann = send_as("mo"), send_as("ann")
    refused = 0
    for payloads in group(160):
        title, source = " ".join(payloads), "\n\n".join(payloads)
        posted = mo.confirm("/forum/new/", step="post", **get_fields(title, source))
        if not posted.headers.get("location"):
            refused += 1
            mo.show(posted)
            mo.check(title)
            continue
        number = get_number(posted.headers["location"])
        review = {"state": "replaced", "source": source, "reason": title}
        mo.send(f"/forum/thread/{number}/review/", **review)
        mo.look(f"/forum/thread/{number}/", title)
        assert mo.page.get_by_role("heading", level=1).inner_text().startswith(SAME)
        assert mo.page.locator("#answer.replaced").count()
    assert refused == 1  # a null byte is in no text
    for address in ("/forum/", "/forum/staff/review/", "/members/notifications/", "/members/@mo/"):
        mo.look(address)
    for address in ("/forum/feed/", f"/forum/thread/{number}/feed/"):
        mo.page.goto(address)
        assert mo.page.evaluate("window.ran") is None
    ann.page.goto("/forum/new/")
    ann.page.get_by_label("Your question").press_sequentially(SAME)
    ann.page.get_by_role("region", name="Similar questions").wait_for()
    assert ann.page.locator("#similar-threads a").count() >= 3
    ann.check()


def test_previews(send_as: Any) -> None:
    mo = send_as("mo")
    for payloads in group(160):
        source = "\n\n".join([*payloads, f"Patient: Jane Doe, MRN 0048291 {payloads[0]}"])
        fields = get_fields(" ".join(payloads), source)
        mo.show(mo.confirm("/forum/new/", step="preview", **fields))
        mo.check(source)
        if "\0" not in source:
            assert mo.page.get_by_role("heading", level=1).inner_text() == "Before you post"
            assert mo.page.get_by_role("group", name="Hidden when this is published").count()


def test_replies_edits_flags_and_decisions(send_as: Any, open_as: Open, watch: Watch) -> None:
    mo, ann, strict = send_as("mo"), send_as("ann"), Sender(open_as("mo"), watch)
    posted = mo.send("/forum/new/", step="post", **get_fields("Replies", "x"))
    thread = get_number(posted.headers["location"])
    for payload in ALL:
        reply = {"source": payload, "step": "post", "token": str(uuid4())}
        mo.publish(f"/forum/thread/{thread}/reply/", **reply)
    mo.look(f"/forum/thread/{thread}/")
    posts = mo.page.locator("article.post[id^=post-]")
    numbers = [str(n).partition("-")[2] for n in posts.evaluate_all("all => all.map(e => e.id)")]
    number, flagged = numbers[1], numbers[2:]
    for payloads in group(190):
        source, reason = "\n\n".join(payloads), " ".join(payloads)
        mo.publish(f"/forum/post/{number}/edit/", source=source, reason=reason)
        mo.send(f"/forum/post/{number}/decide/", decision="publish", reason=reason)
    for post, text in zip(flagged, join(500), strict=False):
        ann.publish(f"/forum/post/{post}/flag/", reason="other", note=text)
        terms = {"step": "terms", "terms-terms": text, "terms-reason": text[:200]}
        mo.show(mo.send(f"/forum/thread/{thread}/tools/", **terms))
        assert "Nothing is known as" in mo.page.get_by_role("alert").inner_text() or "\0" in text
        mo.check(text)
    for sender in (mo, strict):
        for address in (
            f"/forum/thread/{thread}/",
            "/forum/staff/log/",
            "/forum/staff/moderation/",
        ):
            sender.look(address)
            while (following := sender.page.locator("a[rel=next]")).count():
                following.click()
                sender.check()
        sender.look(f"/forum/post/{number}/history/")
        sender.look(f"/forum/thread/{thread}/reply/?quote={numbers[-1]}")
    assert strict.page.get_by_label("Your reply").input_value().startswith("> @mo wrote:")


def test_members_and_what_staff_says_of_them(send_as: Any) -> None:
    ann, ada = send_as("ann"), send_as("ada")
    for text in join(1000):
        ann.publish("/members/preferences/", about=text, email_frequency="never")
        ann.look("/members/preferences/", text)
        ann.look("/members/@ann/", text)
    for text in join(500):
        ada.send("/members/@ben/staff/", step="note", text=text)
    for text in join(500):
        ada.send("/members/@ben/staff/", step="ban", reason=text)
        ada.look("/members/@ben/", text)
        ada.look("/members/@ben/staff/")
    ada.send("/members/@ben/staff/", step="lift")
    role = {"step": "role", "role": "clinician", "verified": "on"}
    for text in join(100):
        ada.send("/members/@clara/staff/", field=text, **role)
        ada.look("/members/@clara/", text)
    ada.send("/members/@clara/staff/", field="Radiology", **role)
    for text in join(80):
        ada.send("/admin/forum/category/add/", name=text, slug=uuid4().hex, position="9")
    ada.look("/forum/")
    ada.look("/forum/new/")


def test_what_is_asked_and_searched(anyone: Sender) -> None:
    for text in join(280):
        words = quote(text, safe="")
        for address in (f"/?q={words}", f"/search?q={words}", f"/forum/new/?q={words}"):
            anyone.look(address, text)
        anyone.look(f"/forum/search/?q={words}&category={words}&before={words}", text)
        anyone.show(anyone.send("/", text=f"Is {text} a calcified nodule? " * 20))
        anyone.check(text)
    for payload in ATTRIBUTE:
        anyone.look(f"/members/@{quote(payload, safe='')}/", payload)
        fields = {"username": payload, "email": payload, "password1": PASSWORD, "password2": "x"}
        anyone.show(anyone.send("/accounts/signup/", next=payload, **fields))
        anyone.check(payload)


def test_reports_their_files_and_names(anyone: Sender) -> None:
    for payloads in group(600):
        report = "FINDINGS:\n" + "\n".join(f"No {p} 6 mm calcified nodule {p}." for p in payloads)
        anyone.show(anyone.send("/read", text=report))
        anyone.check(report)
        taken = anyone.send("/read/download", form="html", text=report)
        if "\0" not in report:
            anyone.show(taken, "text/html; charset=utf-8")
            anyone.check(report)
        for kind in ("html", "txt"):
            file = {"name": f"a.{kind}", "mimeType": "text/html", "buffer": report.encode()}
            anyone.show(anyone.send("/read", file=file))
            anyone.check(report)
    for text in join(200):
        file = {"name": f"{text}.txt", "mimeType": text, "buffer": b"A 6 mm calcified nodule."}
        anyone.show(anyone.send("/read", file=file))
        anyone.check(text)


def test_saved_reports_and_their_titles(send_as: Any) -> None:
    ann = send_as("ann")
    for payloads in group(100):
        report = {"text": f"A 6 mm calcified nodule. {payloads}", "token": str(uuid4())}
        ann.publish("/read/saved/save/", title=" ".join(payloads), **report)
    ann.look("/read/saved/")
    ann.page.locator("main .threads a").last.click()
    ann.check()
    for text in join(190):
        ann.show(ann.send("/read/saved/save/", title=text.ljust(101), **report))
        ann.check(text)


def test_the_api_and_what_other_programs_are_told(anyone: Sender) -> None:
    anyone.page.goto("/api/v1/threads")
    assert anyone.page.evaluate("window.ran") is None
    for text in join(280):
        words = quote(text, safe="")
        for address in (
            f"/api/v1/threads?concept={words}",
            f"/api/v1/concepts/{words}",
            f"/api/v1/search?q={words}",
            f"/infobutton?mainSearchCriteria.v.dn={words}&knowledgeResponseType=text/xml",
            f"/infobutton?mainSearchCriteria.v.dn={words}&knowledgeResponseType=application/json",
        ):
            answer = anyone.page.goto(address)
            assert answer.status < 500, address
            if answer.status != 404:
                assert "html" not in answer.headers["content-type"], address
            assert anyone.page.evaluate("window.ran") is None, text


def test_the_policy_stands_behind_it(open_browser: Open, watch: Watch) -> None:
    page = open_browser()
    page.goto("/")
    page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'ran = 1';"
        " document.body.append(s); const i = new Image(); i.src = 'https://evil.invalid/p.png'; }"
    )
    page.wait_for_timeout(100)
    assert page.evaluate("window.ran") is None
    assert sum("Content Security Policy" in seen for seen in watch.seen) == 2
    watch.seen.clear()
