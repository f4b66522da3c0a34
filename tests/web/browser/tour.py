"""A tour of the site: one stop for each page, with content that shows all its parts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pellucid.web

from .members import PASSWORD, get_number
from .server import SiteServer

TEMPLATES = Path(pellucid.web.__file__).parent / "templates"
QUESTION = "What does nodular calcification mean?"
EMERGENCY = "I have crushing chest pain and cannot breathe, is it my calcified nodule?"
REPORT = """CT CHEST WITHOUT CONTRAST
FINDINGS: There is a 6 mm calcified nodule in the right upper lobe, unchanged.
No pleural effusion or pneumothorax. Possible hiatal hernia. History of pneumonia.
IMPRESSION: Calcified granuloma. Follow-up CT in 12 months is recommended."""
PERSONAL = """Patient: Doe, Jane  MRN: 0048291
Please call 020 7946 0018 or write to averyveryveryverylongnamethatnolinecanhold@example.org."""
LONG_TEXT = """### My story

> A quote
> of two lines

1. A list with `code`, **weight** and [a link](https://example.org/)
2. Averyveryveryveryveryveryveryveryveryveryveryveryveryverylongwordthatnolinecanhold

| Scan | When | Where |
| --- | --- | --- |
| CT | 2024 | Averyveryveryverylongcellofatable |
"""

Places = dict[str, str]


class Stop(NamedTuple):
    """A page: its template, its first heading, who looks at it, and how it is reached."""

    template: str
    heading: str
    member: str
    go: Callable[[Any, Places], None]


def _at(address: str) -> Callable[[Any, Places], None]:
    return lambda page, places: page.goto(address.format(**places))


def _read(page: Any, places: Places) -> None:
    page.goto("/read")
    page.get_by_label("Paste the text").fill(REPORT)
    page.get_by_role("button", name="Read it").click()


def _open_saved(page: Any, places: Places) -> None:
    page.goto("/read/saved/")
    page.get_by_role("link", name="My chest CT").click()


def _write(page: Any, title: str, more: str) -> None:
    page.goto("/forum/new/")
    page.get_by_label("Your question").fill(title)
    page.get_by_label("More about it").fill(more)


def _guarded(page: Any, places: Places) -> None:
    _write(page, QUESTION, PERSONAL)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("group", name="Hidden when this is published").wait_for()


def _guarded_preview(page: Any, places: Places) -> None:
    _guarded(page, places)
    page.get_by_role("button", name="Continue").click()


def _guarded_reply(page: Any, places: Places) -> None:
    page.goto("/forum/thread/{reviewed}/".format(**places))
    page.get_by_label("Your reply").fill(PERSONAL)
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("group", name="Hidden when this is published").wait_for()


def _guarded_edit(page: Any, places: Places) -> None:
    page.goto("/forum/post/{reply}/edit/".format(**places))
    page.get_by_label("Text").fill(PERSONAL)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("group", name="Hidden when this is published").wait_for()


def _similar(page: Any, places: Places) -> None:
    _write(page, "", "")
    page.get_by_label("Your question").press_sequentially(QUESTION)
    page.get_by_role("region", name="Similar questions").wait_for()


def _unknown_term(page: Any, places: Places) -> None:
    page.goto("/forum/thread/{reviewed}/tools/".format(**places))
    page.get_by_label("Terms, one a line").fill("zzqqxx")
    page.get_by_role("button", name="Set the terms").click()


def _ask_too_often(page: Any, places: Places) -> None:
    page.goto("/about")
    # Counts begin anew with each minute.
    page.evaluate(
        "async () => { let more = true; while (more) more = !(await Promise.all("
        "Array.from({length: 40}, () => fetch('/?q=x')))).some(a => a.status === 429); }"
    )
    page.goto(f"/?q={QUESTION}")


def _guess_too_often(page: Any, places: Places) -> None:
    _confirmed("/accounts/password/change/")(page, places)
    while page.get_by_role("heading", level=1).inner_text() == "Change Password":
        page.get_by_label("Current Password").fill("no")
        page.get_by_label("New Password", exact=True).fill("green-lamp-by-the-river-43")
        page.get_by_label("New Password (again)").fill("green-lamp-by-the-river-43")
        page.get_by_role("button", name="Change Password").click()


def _preview(page: Any, places: Places) -> None:
    _write(page, QUESTION, LONG_TEXT)
    page.get_by_role("button", name="Continue").click()


def _refused(page: Any, places: Places) -> None:
    page.goto("/forum/new/")
    page.get_by_label("Your question").fill("")  # what an earlier visit left is kept
    page.locator("form.box").evaluate("form => form.noValidate = true")
    page.get_by_role("button", name="Continue").click()


def _too_much(page: Any, places: Places) -> None:
    page.goto("/read")
    page.locator("form.box").evaluate(
        "form => { for (let i = 0; i < 300; i++) form.append(Object.assign("
        "document.createElement('input'), {type: 'hidden', name: 'n' + i})) }"
    )
    page.get_by_label("Paste the text").fill(REPORT)
    page.get_by_role("button", name="Read it").click()


def _no_token(page: Any, places: Places) -> None:
    page.goto("/read")
    page.locator("main [name=csrfmiddlewaretoken]").evaluate("input => input.remove()")
    page.get_by_label("Paste the text").fill(REPORT)
    page.get_by_role("button", name="Read it").click()


def _file(name: str) -> Callable[[Any, Places], None]:
    """A page for when all else fails: no address leads to it on request, the browser shows the file."""
    return lambda page, places: _show(page, (TEMPLATES / name).read_text(encoding="utf-8"))


def _setup(page: Any, places: Places) -> None:
    # It is over once there is an administrator: shown as it was then.
    _show(page, places["setup_page"])


def _show(page: Any, body: str) -> None:
    page.route("**/shown", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto("/shown")


def _leave(page: Any, places: Places) -> None:
    # Who has it does not stay there: shown without the line that leads on.
    page.goto("/accounts/login/")
    body = page.locator("form[action*='/oidc/']").evaluate(
        "async f => (await fetch(f.action, {method: 'POST', body: new FormData(f)})).text()"
    )
    leading, line, rest = body.partition('<meta http-equiv="refresh"')
    assert line
    _show(page, leading + rest.partition(">")[2])


def _come_back_as_nobody(page: Any, places: Places) -> None:
    page.goto("/accounts/login/")
    action = page.locator("form[action*='/oidc/']").get_attribute("action").partition("?")[0]
    page.goto(f"{action}callback/?code=1&state=2")


def _confirmed(address: str) -> Callable[[Any, Places], None]:
    """A page that asks for the password again, if the last time is a while ago."""

    def go(page: Any, places: Places) -> None:
        page.goto(address)
        if "/reauthenticate/" in page.url:
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Confirm").click()

    return go


STOPS = (
    Stop("pages/home.html", "What does your scan say?", "", _at("/")),
    Stop("pages/answer.html", "Nodular calcification", "", _at("/?q=nodular+calcification")),
    Stop("pages/answer.html", "Coronary calcium score", "", _at("/?q=calcium+score+of+212")),
    Stop("pages/answer.html", "", "", _at("/?q=crushing+chest+pain")),
    Stop("pages/answer.html", "Your question", "", _at("/?q=zzqqxx")),
    Stop("pages/concept.html", "Nodular calcification", "", _at("/c/nodular-calcification")),
    Stop("pages/concept.html", "Lung", "", _at("/c/lung")),
    Stop("pages/letters.html", "All terms", "", _at("/c/")),
    Stop("pages/list.html", "Terms that begin with C", "", _at("/letter/c")),
    Stop("pages/list.html", "Body part: Abdomen", "", _at("/body/abdomen")),
    Stop("pages/search.html", "Search terms", "", _at("/search?q=calcification")),
    Stop("pages/read.html", "Read my report", "", _at("/read")),
    Stop("pages/reading.html", "Your report, explained", "", _read),
    Stop("pages/reading.html", "Your report, explained", "ann", _read),
    Stop("pages/reading.html", "Your report, explained", "mo", _open_saved),
    Stop("pages/home.html", "What does your scan say?", "ben", _ask_too_often),
    Stop("saved/list.html", "My private reports", "ben", _at("/read/saved/")),
    Stop("saved/list.html", "My private reports", "mo", _at("/read/saved/")),
    Stop("pages/about.html", "About, sources and privacy", "", _at("/about")),
    Stop("pages/setup.html", "Set up the administrator", "", _setup),
    Stop("pages/setup_over.html", "This link cannot be used", "", _at("/setup/no")),
    Stop("400.html", "This could not be read", "", _too_much),
    Stop("403.html", "This page is not open to you", "ann", _at("/forum/staff/log/")),
    Stop("403_csrf.html", "Please send that again", "", _no_token),
    Stop("404.html", "", "", _at("/c/no-such-thing")),
    Stop("429.html", "Please wait a minute", "ben", _guess_too_often),
    Stop("500.html", "Something failed on our side", "", _file("500.html")),
    Stop("503.html", "The site cannot reach what it keeps", "", _file("503.html")),
    Stop("forum/threads.html", "Forum", "", _at("/forum/")),
    Stop("forum/threads.html", "Forum", "mo", _at("/forum/")),
    Stop("forum/threads.html", "Search the forum", "", _at("/forum/search/?q=calcification")),
    Stop("forum/new_thread.html", "Ask a question", "ann", _refused),
    Stop("forum/new_thread.html", "Before you post", "ann", _preview),
    Stop("forum/new_thread.html", "Ask a question", "ann", _similar),
    Stop("forum/new_thread.html", "Ask a question", "ann", _guarded),
    Stop("forum/new_thread.html", "Before you post", "ann", _guarded_preview),
    Stop("forum/thread.html", QUESTION, "", _at("/forum/thread/{reviewed}/")),
    Stop("forum/thread.html", QUESTION, "ben", _at("/forum/thread/{reviewed}/")),
    Stop("forum/thread.html", QUESTION, "mo", _at("/forum/thread/{reviewed}/")),
    Stop("forum/thread.html", QUESTION, "ann", _guarded_reply),
    Stop("forum/thread.html", EMERGENCY, "", _at("/forum/thread/{urgent}/")),
    Stop("forum/thread.html", EMERGENCY, "clara", _at("/forum/thread/{urgent}/")),
    Stop("forum/edit.html", "Edit a post", "mo", _at("/forum/post/{reply}/edit/")),
    Stop("forum/edit.html", "Edit a post", "clara", _guarded_edit),
    Stop("forum/flag.html", "Flag a post", "ann", _at("/forum/post/{reply}/flag/")),
    Stop("forum/history.html", "History of a post", "mo", _at("/forum/post/{reply}/history/")),
    Stop("forum/review.html", "Review an answer", "clara", _at("/forum/thread/{urgent}/review/")),
    Stop("forum/review_queue.html", "Answers to review", "clara", _at("/forum/staff/review/")),
    Stop("forum/moderation_queue.html", "Posts to look at", "mo", _at("/forum/staff/moderation/")),
    Stop("forum/tools.html", "Lock, move", "mo", _at("/forum/thread/{reviewed}/tools/")),
    Stop("forum/tools.html", "Lock, move", "mo", _at("/forum/thread/{urgent}/tools/")),
    Stop("forum/tools.html", "Lock, move", "mo", _unknown_term),
    Stop("forum/audit.html", "Log", "mo", _at("/forum/staff/log/")),
    Stop("accounts/profile.html", "clara", "mo", _at("/members/@clara/")),
    Stop("accounts/staff.html", "Staff: ben", "ada", _at("/members/@ben/staff/")),
    Stop("accounts/preferences.html", "Preferences", "ann", _at("/members/preferences/")),
    Stop("accounts/notifications.html", "Notifications", "mo", _at("/members/notifications/")),
    Stop("accounts/bookmarks.html", "Bookmarks", "mo", _at("/members/bookmarks/")),
    Stop("accounts/delete.html", "Delete my account", "ann", _confirmed("/members/delete/")),
    Stop("accounts/unsubscribe.html", "Stop email about threads", "", _at("{unsubscribe}")),
    Stop("accounts/leave.html", "Sign in elsewhere", "", _leave),
    Stop(
        "socialaccount/authentication_error.html",
        "You are not signed in",
        "",
        _come_back_as_nobody,
    ),
    Stop(
        "socialaccount/connections.html",
        "Account Connections",
        "ann",
        _at("/accounts/3rdparty/"),
    ),
    Stop("account/login.html", "Sign In", "", _at("/accounts/login/")),
    Stop("account/signup.html", "Sign Up", "", _at("/accounts/signup/")),
    Stop("account/logout.html", "Sign Out", "ann", _at("/accounts/logout/")),
    Stop("account/password_reset.html", "Password Reset", "", _at("/accounts/password/reset/")),
    Stop("account/email_confirm.html", "Confirm Email", "", _at("/accounts/confirm-email/no/")),
    Stop("account/email.html", "Email", "ann", _confirmed("/accounts/email/")),
    Stop(
        "account/password_change.html",
        "Change Password",
        "ann",
        _confirmed("/accounts/password/change/"),
    ),
    Stop("mfa/index.html", "Two-Factor Authentication", "ann", _at("/accounts/2fa/")),
    Stop(
        "mfa/totp/activate_form.html",
        "Activate Authenticator App",
        "ann",
        _confirmed("/accounts/2fa/totp/activate/"),
    ),
    Stop(
        "mfa/webauthn/add_form.html",
        "Add Security Key",
        "ann",
        _confirmed("/accounts/2fa/webauthn/add/"),
    ),
    Stop("usersessions/usersession_list.html", "Sessions", "ann", _at("/accounts/sessions/")),
)


def list_page_templates() -> set[str]:
    """The site's own page templates: neither parts of others nor mail."""
    names = (p.relative_to(TEMPLATES) for p in TEMPLATES.rglob("*.html"))
    return {
        n.as_posix()
        for n in names
        if n.name[0] != "_"
        and n.name != "base.html"
        and not {"allauth", "django", "snippets"} & {*n.parts}
    }


def prepare(open_page: Callable[[str], Any], site: SiteServer) -> Places:
    """Fill the site: a reviewed thread with a changed, flagged reply; an emergency; saved reports."""

    def save(page: Any, title: str) -> None:
        _read(page, {})
        page.get_by_label("Title in my private list").fill(title)
        page.get_by_role("button", name="Save to my private reports").click()
        page.get_by_role("status").wait_for()

    def ask(page: Any, title: str, more: str = "") -> str:
        _write(page, title, more)
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("button", name="Post to the forum").click()
        return get_number(page.url)

    mo, clara = open_page("mo"), open_page("clara")
    reviewed = ask(mo, QUESTION, LONG_TEXT)
    mo.get_by_role("button", name="Bookmark").click()
    clara.goto(f"/forum/thread/{reviewed}/review/")
    clara.get_by_label("Edit: publish the text below").check()
    clara.get_by_label("Text of the answer").fill("Written *anew* by a person.")
    clara.get_by_label("Reason", exact=True).fill("Shorter")
    mark = site.get_mark()
    clara.get_by_role("button", name="Publish the review").click()
    unsubscribe = site.find_printed(r"(http://\S+/members/unsubscribe/[^\s>]+)", mark)
    clara.get_by_label("Your reply").fill(LONG_TEXT)
    clara.get_by_role("button", name="Post reply").click()
    clara.wait_for_url("**#post-*")
    reply = clara.url.rpartition("#post-")[2]
    clara.goto(f"/forum/post/{reply}/edit/")
    clara.get_by_label("Text").fill(LONG_TEXT.replace("My story", "My other story"))
    clara.get_by_label("Why (optional)").fill("A word was wrong")
    clara.get_by_role("button", name="Save").click()
    mo.goto(f"/forum/thread/{reviewed}/")
    mo.get_by_role("article", name="Reply by clara").get_by_role("button", name="Endorse").click()
    mo.goto(f"/forum/post/{reply}/flag/")
    mo.get_by_label("Something else").check()
    mo.get_by_label("More about it").fill("Only to show a flag")
    mo.get_by_role("button", name="Tell staff").click()
    urgent = ask(mo, EMERGENCY)
    save(mo, "Of which the key is lost")
    site.lose_report_keys()
    save(mo, "My chest CT")
    for page in (mo, clara):
        page.context.close()
    return {
        "reviewed": reviewed,
        "reply": reply,
        "urgent": urgent,
        "unsubscribe": unsubscribe,
        "setup_page": site.setup_page,
    }
