"""What a stranger sends to break something: nothing dies, nothing is dropped, and a person can read it."""

import urllib.parse

import pytest

from tests.support import flow
from tests.support.harness import SMS_SECRET, mail, wait_for
from tests.support.staff import Staff, account

LINE = b"word " * 15 + b"\n"
QUOTED = b"\nOn Monday Alex wrote:\n> " + b'"' * 70 + b"\n"
LARGE = {
    "one-line-of-1-MB": b"please help, suicide " + b"a" * 1048576,
    "1-MB-of-quotation-marks": (b'"' * 70 + b"\n") * 14000,
    "1-MB-twice-in-the-sidecar": LINE * 12700 + QUOTED,
    "brackets": b"(" * 65536,
}


@pytest.fixture(scope="module")
def office(town):
    town.write_config({"console": account(town)})
    town.start("console")
    staff = Staff(town)
    assert staff.sign_in()[0] == 303
    return town, staff


def with_attachments(body, count=60):
    parts = [b"\n--b\nContent-Type: text/plain\n\n" + body + b"\n"]
    parts += [b"--b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=\"%s%d.pdf\"\n\nx\n"
              % (b"n" * 900, n) for n in range(count)]
    return (b"From: Alex Jones <alex@example.org>\nSubject: Missed bin\nMIME-Version: 1.0\n"
            b"Content-Type: multipart/mixed; boundary=b\n" + b"".join(parts) + b"--b--\n")


@pytest.mark.parametrize("name", LARGE)
def test_staff_can_read_what_is_large(office, name):
    pr, staff = office
    token = flow.word()
    pr.drop_mail(with_attachments(token.encode() + b"\n" + LARGE[name]))
    cid = flow.find(pr, token)
    page = staff.get(f"/contact/{cid}")
    assert token in page
    assert pr.alive("console") and pr.alive("classify")


def test_risk_is_seen_in_a_line_that_fills_the_message(office):
    pr, _ = office
    token = flow.word()
    pr.drop_mail(with_attachments(token.encode() + b" " + LARGE["one-line-of-1-MB"], 0))
    assert flow.case(pr, flow.find(pr, token))["queue"] == "risk"


def test_the_same_words_without_id_or_time_are_two_contacts(town):
    """A gateway that says neither: whoever writes "still no bin" again next week must be heard again."""
    token = flow.word()
    body = urllib.parse.urlencode({"from": "+447700900124", "to": "60066", "text": f"still no bin {token}"})
    for _ in range(2):
        status, _, _ = town.http(town.sms_port, "POST", "/hook/sms/text", body, {
            "Content-Type": "application/x-www-form-urlencoded", "X-Postroom-Secret": SMS_SECRET})
        assert status == 200
    flow.find(town, token, count=2)


def test_a_flag_is_not_told_by_the_name_of_its_rule(town):
    token = flow.word()
    town.drop_mail(mail(f"I will sue the council, my solicitor starts legal proceedings. My bin was missed. {token}"))
    cid = flow.find(town, token)
    line = wait_for(lambda: [s for s in town.log("classify", 10**7).splitlines() if cid in s and "classified" in s])[0]
    assert "rule=- " in line
