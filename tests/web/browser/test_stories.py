"""Whole stories, as people live them: with and without JavaScript, on a desk and on a phone."""

from __future__ import annotations

import time
from io import BytesIO
from itertools import count
from typing import Any

import pytest

from .conftest import PHONE, Open, Watch
from .members import Member, fill_in_sign_in, get_number, sign_in, sign_up
from .server import SiteServer

QUESTION = "What does nodular calcification mean?"
CORRECTION = "In your case the doctor who sent you for the scan should tell you what follows."
_numbers = count(1)

pytestmark = pytest.mark.usefixtures("staff")


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def scripted(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def make_pdf(*lines: str) -> bytes:
    canvas = pytest.importorskip("reportlab.pdfgen.canvas", reason="pip install '.[test]'")
    file = BytesIO()
    page = canvas.Canvas(file)
    for number, line in enumerate(lines):
        page.drawString(72, 760 - 16 * number, line)
    page.save()
    return file.getvalue()


def ask(page: Any, title: str, more: str = "") -> None:
    """Write a question, look at the preview, post it."""
    page.goto("/forum/new/")
    page.get_by_label("Your question").fill(title)
    page.get_by_label("More about it").fill(more)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Post to the forum").click()


# From a question to an answer that a person stands behind ------------------------------------


def test_a_question_becomes_a_reviewed_answer(
    open_browser: Open, open_as: Open, site: SiteServer, scripted: bool
) -> None:
    name = f"eve{next(_numbers)}"
    page = open_browser(java_script_enabled=scripted)
    page.goto("/")
    page.get_by_label("Type a term, a question").fill(QUESTION)
    page.get_by_role("button", name="Ask", exact=True).click()
    assert page.get_by_role("heading", level=1).inner_text() == "Nodular calcification"
    assert page.locator("#sources ~ ol li, .sources li").count() > 0

    # Ask people: the question goes along, also through signing up.
    page.get_by_role("link", name="Ask people").click()
    assert page.get_by_label("Your question").input_value() == QUESTION
    page.get_by_label("More about it").fill("It stands in my *chest* report.")
    page.get_by_role("button", name="Continue").click()
    assert "/accounts/login/" in page.url
    member = sign_up(page, site, name)
    if "/login/" in page.url:
        fill_in_sign_in(page, member)
    page.goto("/forum/new/")
    assert page.get_by_label("More about it").input_value() == "It stands in my *chest* report."
    page.get_by_role("button", name="Continue").click()
    assert page.get_by_role("heading", name="What the program answers").is_visible()
    page.get_by_role("button", name="Post to the forum").click()

    # The answer is there at once, and says that no person has looked.
    number = get_number(page.url)
    draft = page.locator("#answer")
    assert draft.get_by_role("heading", level=2).first.inner_text() == (
        "Automatic answer, not yet reviewed"
    )
    assert "calcium" in draft.inner_text()

    # Staff: the queue, an edit with its reason, a reply, an endorsement.
    doctor = open_as("clara", java_script_enabled=scripted)
    doctor.goto("/forum/staff/review/")
    doctor.locator(f'main a[href="/forum/thread/{number}/review/"]').click()
    doctor.get_by_label("Edit: publish the text below").check()
    text = doctor.get_by_label("Text of the answer")
    text.fill(f"{CORRECTION}\n\n{text.input_value()}")
    doctor.get_by_label("Reason", exact=True).fill("Says whom to ask")
    mark = site.get_mark()
    doctor.get_by_role("button", name="Publish the review").click()
    doctor.get_by_label("Your reply").fill("That is a common finding.")
    doctor.get_by_role("button", name="Post reply").click()

    moderator = open_as("mo", java_script_enabled=scripted)
    moderator.goto(f"/forum/thread/{number}/")
    moderator.get_by_role("article", name="Reply by clara").get_by_role(
        "button", name="Endorse"
    ).click()
    moderator.get_by_text("Moderate", exact=True).first.click()
    moderator.get_by_role("button", name="Publish").first.click()

    # The author is told, by mail and in the site, and reads it on a phone.
    link = site.find_printed(rf"(http://\S+/forum/thread/{number}/\S*)", mark)
    phone = open_browser(
        viewport=PHONE, has_touch=True, java_script_enabled=scripted, device_scale_factor=3
    )
    sign_in(phone, member)
    phone.goto("/members/notifications/")
    told = phone.locator("ul.threads").inner_text()
    assert "The automatic answer was reviewed (clara)" in told
    phone.goto(link)
    answer = phone.locator("#answer")
    assert answer.get_by_text("Reviewed by clara, Clinician, Radiology").is_visible()
    assert answer.get_by_text(CORRECTION).is_visible()
    assert answer.get_by_text("not yet reviewed").count() == 0
    assert phone.get_by_text("Endorsed by mo, Moderator").is_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    phone.get_by_role("article", name="Reply by clara").get_by_role(
        "button", name="Accept as the answer"
    ).click()
    assert phone.get_by_text("Accepted answer", exact=True).is_visible()


def test_an_emergency_comes_first_and_alerts_staff(open_as: Open) -> None:
    page = open_as("ben")
    ask(page, "I have crushing chest pain and cannot breathe, is it my calcified nodule?")
    urgent = page.get_by_role("alert").first
    assert urgent.is_visible()
    assert urgent.bounding_box()["y"] < page.get_by_role("heading", level=1).bounding_box()["y"]
    staff = open_as("mo")
    staff.goto("/members/notifications/")
    assert "reads as an emergency" in staff.locator("ul.threads").inner_text()

    # It stays with the thread, until staff says that it is no emergency, and why.
    staff.goto(page.url)
    assert staff.get_by_role("alert").first.is_visible()
    staff.get_by_role("link", name="Lock, move").click()
    form = staff.locator("form").filter(has_text="Take the urgent notice away")
    form.get_by_label("Reason").fill("Seen by a doctor today")
    form.get_by_role("button", name="Take it away").click()
    page.reload()
    assert page.get_by_role("alert").count() == 0
    staff.goto("/forum/staff/log/")
    assert "Seen by a doctor today" in staff.get_by_role("table").inner_text()


# What tells who somebody is is seen by its author, and published by nobody ------------------------


def test_personal_details_are_hidden_before_a_question_is_posted(
    open_as: Open, open_browser: Open, site: SiteServer, scripted: bool
) -> None:
    name = "Zyxwandra Quillow" if scripted else "Vexandra Quillow"
    record, phone = ("7204881", "020 7946 0018") if scripted else ("7204882", "020 7946 0019")
    page = open_as("mo", java_script_enabled=scripted)
    page.goto("/forum/new/")
    page.get_by_label("Your question").fill("What does a calcified granuloma mean for me?")
    page.get_by_label("More about it").fill(
        f"Patient: {name}  MRN: {record}\nFINDINGS: A calcified granuloma.\nWard: {phone}"
    )
    page.get_by_role("button", name="Continue").click()
    assert "This may tell who somebody is" in page.get_by_role("alert").inner_text()
    page.get_by_role("link", name="See what is hidden").click()
    found = page.get_by_role("group", name="Hidden when this is published")
    assert all(words in found.inner_text() for words in (name, record, phone))
    assert "Patient: [name] MRN: [number]" in found.locator("blockquote").last.inner_text()
    found.get_by_label(phone).check()  # a ward's number points to nobody
    page.get_by_role("button", name="Continue").click()

    shown = page.get_by_role("region", name="Your question")
    assert "Patient: [name] MRN: [number]" in shown.inner_text()
    assert phone in shown.inner_text()
    page.get_by_role("button", name="Post to the forum").click()
    number = get_number(page.url)
    for reader in (page, open_browser(java_script_enabled=scripted), open_as("clara")):
        reader.goto(f"/forum/thread/{number}/")
        text = reader.get_by_role("main").inner_text()
        assert "Patient: [name] MRN: [number]" in text
        assert phone in text
        api = reader.request.get(f"/api/v1/threads/{number}").text()
        assert "[name]" in api
        for words in (name, record):
            assert words not in reader.content() + api
    page.get_by_role("link", name="Edit").first.click()
    assert "[name]" in page.get_by_label("Text").input_value()
    assert site.find_kept(name.split()[0].encode()) == []
    assert site.find_kept(record.encode()) == []
    assert site.find_kept(phone.encode())  # the search would have found them


def test_similar_threads_are_shown_before_a_question_is_posted(
    open_as: Open, scripted: bool
) -> None:
    ask(open_as("mo"), "Does a calcified hilar lymph node go away?")
    page = open_as("ann", java_script_enabled=scripted)
    page.goto("/forum/new/")
    page.get_by_label("Your question").press_sequentially(
        "Will calcified hilar lymph nodes go away?"
    )
    if scripted:
        similar = page.get_by_role("region", name="Similar questions")
        similar.wait_for()
        assert "similar question" in page.get_by_role("status").inner_text()
        assert page.get_by_label("Your question").evaluate("e => e === document.activeElement")
        page.get_by_label("Your question").fill("Who paints the sea?")
        similar.wait_for(state="hidden")
        return
    assert not page.locator("#similar-threads").is_visible()
    page.get_by_role("button", name="Continue").click()
    similar = page.get_by_role("region", name="Others asked")
    similar.get_by_role("link", name="Does a calcified hilar lymph node go away?").first.click()
    assert page.get_by_role("heading", level=1).inner_text().startswith("Does a calcified")


# A report --------------------------------------------------------------------------------------


def test_a_report_is_read_and_nothing_of_it_is_kept(
    open_browser: Open, open_as: Open, site: SiteServer, scripted: bool
) -> None:
    canary = f"Zyxwcanary{next(_numbers)}"
    report = make_pdf(
        f"Patient: {canary}",
        "CT CHEST",
        "FINDINGS: A 6 mm calcified nodule in the right upper lobe.",
        "No pleural effusion.",
        "IMPRESSION: Calcified granuloma.",
    )
    for page in (
        open_browser(java_script_enabled=scripted),
        open_as("ann", java_script_enabled=scripted),
    ):
        page.goto("/read")
        page.get_by_label("Or choose a file").set_input_files(
            {"name": f"{canary}.pdf", "mimeType": "application/pdf", "buffer": report}
        )
        page.get_by_role("button", name="Read it").click()
        assert page.get_by_role("heading", level=1).inner_text() == "Your report, explained"
        marked = page.locator("pre mark.present").all_inner_texts()
        assert any("nodule" in text for text in marked)
        assert canary in page.locator("pre").inner_text()  # the page has it, the site does not
        absent = page.locator("mark.absent").first
        assert "effusion" in absent.inner_text()
        with page.expect_download() as taken:
            page.get_by_role("button", name="Download FHIR").click()
        assert taken.value.suggested_filename == "report.fhir.json"
        page.get_by_text("Change the text and read it again").click()
        page.get_by_role("button", name="Read it again").click()
        assert canary in page.locator("pre").inner_text()
        assert canary not in page.url
        assert page.evaluate("sessionStorage.length + localStorage.length") == 0
    assert site.find_kept(canary.encode()) == []
    assert site.find_kept(b"ann@example.org")  # the search would have found it


def test_a_saved_report_is_its_owners_alone_and_goes_when_deleted(
    open_as: Open, site: SiteServer, scripted: bool
) -> None:
    canary = f"Wvutcanary{next(_numbers)}"
    page = open_as("ann", java_script_enabled=scripted)
    page.goto("/read")
    page.get_by_label("Paste the text").fill(
        f"Patient: {canary}\nFINDINGS: A 6 mm calcified nodule in the right upper lobe."
    )
    page.get_by_role("button", name="Read it").click()
    page.get_by_label("Title in my private list").fill(f"About {canary}")
    page.get_by_role("button", name="Save to my private reports").click()
    assert "Only you can open it" in page.get_by_role("status").inner_text()
    page.get_by_role("link", name="My private reports").click()
    page.get_by_role("link", name=f"About {canary}").click()
    address = page.url
    assert canary in page.locator("pre").inner_text()
    assert page.locator("pre mark.present").count() == 1
    assert canary not in address
    for other in ("ben", "ada"):
        nosy = open_as(other, java_script_enabled=scripted)
        assert nosy.goto(address).status == 404
        assert canary not in nosy.content()
    assert site.find_kept(canary.encode()) == []

    page.get_by_role("link", name="My private reports").click()
    page.get_by_role("button", name=f"Delete About {canary}").click()
    assert "deleted" in page.get_by_role("status").inner_text()
    assert page.get_by_role("link", name=f"About {canary}").count() == 0
    assert page.goto(address).status == 404
    assert site.find_kept(canary.encode()) == []


def test_a_file_that_is_no_report_is_refused_in_one_line(open_browser: Open) -> None:
    page = open_browser()
    page.goto("/read")
    page.get_by_label("Or choose a file").set_input_files(
        {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 nothing"}
    )
    page.get_by_role("button", name="Read it").click()
    assert page.get_by_role("alert").inner_text().count("\n") <= 3
    assert page.title().startswith("Error: ")


# Signing up, signing in, a second factor -------------------------------------------------------


def test_signing_up_needs_a_confirmed_address(open_browser: Open, site: SiteServer) -> None:
    page = open_browser()
    page.goto("/accounts/signup/")
    for label, value in (
        ("Email", "newcomer@example.org"),
        ("Username", "newcomer"),
        ("Password", "short"),
        ("Password (again)", "short"),
    ):
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Sign Up").click()
    assert "too short" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("Username").input_value() == "newcomer"

    mark = site.get_mark()
    for label in ("Password", "Password (again)"):
        page.get_by_label(label, exact=True).fill("green-lamp-by-the-river-42")
    page.get_by_role("button", name="Sign Up").click()
    link = site.find_printed(r"(http://\S+/accounts/confirm-email/\S+)", mark)
    sign_in(page, Member("newcomer"))
    assert "confirm-email" in page.url  # not signed in yet
    page.goto(link)
    page.get_by_role("button", name="Confirm").click()
    if "/login/" in page.url:
        fill_in_sign_in(page, Member("newcomer"))
    page.goto("/members/me/")
    assert page.get_by_role("heading", level=1).inner_text() == "newcomer"


def test_a_second_factor_is_asked_for(open_browser: Open, site: SiteServer) -> None:
    from allauth.mfa.totp.internal import auth

    def send_code(page: Any, label: str, button: str) -> None:
        """Send a code as an app shows it; its half minute may end on the way, as a person's may."""
        for _ in range(3):
            code = auth.format_hotp_value(auth.hotp_value(secret, int(time.time()) // 30))
            page.get_by_label(label).fill(code)
            page.get_by_role("button", name=button, exact=True).click()
            page.wait_for_load_state()
            if not page.get_by_role("alert").count():
                return

    page = open_browser()
    member = sign_up(page, site, "tora")
    if "/login/" in page.url:
        fill_in_sign_in(page, member)
    page.goto("/accounts/2fa/totp/activate/")
    if page.get_by_label("Password").count():
        page.get_by_label("Password").fill("green-lamp-by-the-river-42")
        page.get_by_role("button", name="Confirm").click()
    secret = page.get_by_label("Authenticator secret").input_value()
    send_code(page, "Authenticator code", "Activate")
    assert page.locator("main").get_by_text("Recovery").count()

    again = open_browser()
    sign_in(again, member)
    assert "/2fa/authenticate/" in again.url
    again.goto("/members/me/")
    assert "/2fa/authenticate/" in again.url  # the password alone opens nothing
    again.get_by_label("Code").fill("000000")
    again.get_by_role("button", name="Sign In", exact=True).click()
    assert again.get_by_role("alert").is_visible()
    send_code(again, "Code", "Sign In")
    again.goto("/members/me/")
    assert again.get_by_role("heading", level=1).inner_text() == "tora"


def test_a_passkey_signs_in(open_browser: Open, watch: Watch, site: SiteServer) -> None:
    """With Chromium's own authenticator; a passkey belongs to a name, so not to 127.0.0.1."""
    here = site.origin.replace("127.0.0.1", "localhost")
    watch.others.append(here)
    page = open_browser()
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    authenticator = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": authenticator})
    member = sign_up(page, site, "pia")
    sign_in(page, member, f"{here}/accounts/login/?next=/accounts/2fa/webauthn/add/")
    page.get_by_label("Password").fill("green-lamp-by-the-river-42")
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add").click()
    page.wait_for_url(lambda address: "/add/" not in address)
    page.goto(f"{here}/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign Out").click()
    page.goto(f"{here}/accounts/login/?next=/members/me/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{here}/members/@pia/")


# Nothing typed is lost --------------------------------------------------------------------------


def test_a_refused_form_keeps_what_was_typed(open_as: Open, scripted: bool) -> None:
    page = open_as("ann", java_script_enabled=scripted)
    page.goto("/forum/new/")
    page.get_by_label("Your question").fill("Why?")
    page.get_by_label("More about it").fill("A long story.\n\n" + "word " * 5000)
    page.locator("form.box").evaluate("form => form.noValidate = true")
    page.get_by_role("button", name="Continue").click()
    alert = page.get_by_role("alert")
    assert alert.get_by_role("link").count() == 2
    assert page.get_by_label("Your question").input_value() == "Why?"
    assert page.get_by_label("More about it").input_value().startswith("A long story.")
    alert.get_by_role("link").first.click()  # an error leads to its field
    assert page.url.endswith("#" + str(page.get_by_label("Your question").get_attribute("id")))


def test_a_session_that_ran_out_keeps_what_was_typed(
    open_browser: Open, site: SiteServer, scripted: bool
) -> None:
    page = open_browser(java_script_enabled=scripted)
    member = sign_up(page, site, f"una{next(_numbers)}")
    if "/login/" in page.url:
        fill_in_sign_in(page, member)
    page.goto("/forum/new/")
    page.get_by_label("Your question").fill(QUESTION)
    page.get_by_label("More about it").fill("My long story.")
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Continue").click()
    fill_in_sign_in(page, member)
    assert page.get_by_label("Your question").input_value() == QUESTION
    assert page.get_by_label("More about it").input_value() == "My long story."

    # All cookies gone: the page itself is shown again, with the text.
    page.context.clear_cookies()
    page.get_by_role("button", name="Continue").click()
    assert page.get_by_label("More about it").input_value() == "My long story."
    assert "Nothing is lost" in page.get_by_role("alert").inner_text()


def test_a_form_sent_twice_posts_once(open_as: Open) -> None:
    page = open_as("mo")
    title = f"Is a calcified granuloma dangerous, number {next(_numbers)}?"
    page.goto("/forum/new/")
    page.get_by_label("Your question").fill(title)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Post to the forum").dblclick()
    page.wait_for_url("**/forum/thread/**")
    first = page.url
    page.go_back()
    page.get_by_role("button", name="Post to the forum").click()
    page.wait_for_url("**/forum/thread/**")
    assert page.url == first

    page.get_by_label("Your reply").fill("A reply sent twice.")
    page.get_by_role("button", name="Post reply").dblclick()
    page.wait_for_url("**#post-*")
    page.goto(first)
    assert page.get_by_text("A reply sent twice.").count() == 1


# Moderation ---------------------------------------------------------------------------------------


def test_three_flags_hide_and_staff_restores(open_as: Open, open_browser: Open) -> None:
    moderator = open_as("mo")
    ask(moderator, "What is a popcorn calcification?")
    address = moderator.url
    moderator.get_by_label("Your reply").fill("Buy my miracle powder.")
    moderator.get_by_role("button", name="Post reply").click()

    for name in ("ann", "ben", "clara"):
        page = open_as(name)
        page.goto(address)
        post = page.get_by_role("article", name="Reply by mo")
        assert post.count() == 1
        post.get_by_role("link", name="Flag").click()
        page.get_by_label("Spam or advertising").check()
        page.get_by_label("More about it").fill(f"Says {name}")
        page.get_by_role("button", name="Tell staff").click()
        assert "Staff will look at it" in page.get_by_role("status").inner_text()
    reader = open_browser()
    reader.goto(address)
    assert reader.get_by_text("miracle powder").count() == 0

    moderator.goto("/forum/staff/moderation/")
    post = moderator.get_by_role("article").filter(has_text="miracle powder")
    assert all(f"Says {name}" in post.inner_text() for name in ("ann", "ben", "clara"))
    post.get_by_label("Reason, for the log").fill("A joke")
    post.get_by_role("button", name="Publish").click()
    assert "written in the log" in moderator.get_by_role("status").inner_text()
    moderator.goto("/forum/staff/log/")
    assert "A joke" in moderator.get_by_role("table").inner_text()
    reader.goto(address)
    assert reader.get_by_text("miracle powder").count() == 1
