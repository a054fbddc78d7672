"""The staff page: what could not be read, was given up, waits in triage, may be a risk or has an acknowledgement that
nobody knows of; each with its one obvious action, behind a login and a token."""

import re
import sqlite3

import pytest

from tests.support import flow
from tests.support.harness import Postroom, mail, wait_for
from tests.support.staff import Staff, account
from tests.pipeline.test_pipeline import by_email, by_text

DANGER = "strong smell of gas in our block and my neighbour has collapsed in the hall"
NOTHING = b"\n\n"
LISTS = ("risk", "unreadable", "buried", "triage", "unknown")


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """One contact in each of the five lists."""
    with Postroom(tmp_path_factory.mktemp("office")) as pr:
        pr.write_config({"console": account(pr)})
        pr.start("redis", "smtp-sink", "dispatch", "classify", "send", "ingest-email", "ingest-sms", "ingest-web",
                 "console")
        pr.cids = {"risk": by_text(pr, DANGER), "unreadable": unreadable(pr),
                   "triage": by_email(pr, "Please ring me about the thing.", subject="hello"), "buried": buried(pr),
                   "unknown": unknown(pr)}
        yield pr


def unreadable(pr):
    """A message in which there is nothing to read."""
    before = set(pr.bundles())
    pr.drop_mail(NOTHING)
    cid = wait_for(lambda: set(pr.bundles()) - before).pop()
    wait_for(lambda: flow.row(pr, cid), what=lambda: flow.logs(pr))
    return cid


def buried(pr):
    pr.stop("classify")
    token = flow.word()
    pr.drop_mail(mail(f"My bin was not emptied. {token}"))
    cid = wait_for(lambda: flow.cids_of(pr, token))[0]
    assert pr.run("bury", cid).returncode == 0
    pr.start("classify")
    return cid


def unknown(pr):
    """As a crash in the middle of a handing over leaves it."""
    cid = by_email(pr, "My bin was not emptied.", sender="Un Known <un.known@example.org>")
    flow.letter(pr, cid)
    with sqlite3.connect(pr.db, timeout=10) as db:
        db.execute("UPDATE outbox SET state = 'sending', lease_until = 1 WHERE cid = ?", (cid,))
    db.close()
    wait_for(lambda: flow.outbox(pr, cid)[0]["state"] == "unknown", what=lambda: flow.logs(pr))
    return cid


@pytest.fixture
def staff(office):
    s = Staff(office)
    assert s.sign_in()[0] == 303
    return s


# -- who may -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("path", ["/", "/contact/" + "0" * 32, "/raw/" + "0" * 32, "/file/" + "0" * 32 + "/1"])
def test_nothing_without_signing_in(office, path):
    status, headers, page = Staff(office).request("GET", path)
    assert (status, headers["Location"]) == (303, "/login") and b"zq" not in page


@pytest.mark.parametrize("path", ["/assign", "/retry", "/resolve", "/logout"])
def test_no_action_without_the_token(office, staff, path):
    fields = {"cid": office.cids["buried"], "to": "Highways", "how": "again", "id": "1"}
    assert Staff(office).request("POST", path, fields)[1]["Location"] == "/login"
    for csrf in ({}, {"csrf": ""}, {"csrf": "0" * 64}):
        assert staff.request("POST", path, {**fields, **csrf})[0] == 403
    csrf = re.search(r'name="csrf" value="([^"]+)"', staff.get())[1]
    status, _, _ = staff.request("POST", path, {**fields, "csrf": csrf}, {"Origin": "http://evil.example"})
    assert status == 403
    assert [cid for cid, _ in staff.rows("buried")] == [office.cids["buried"]], "nothing was changed"


def test_wrong_password_and_cookie(office):
    s = Staff(office)
    status, _, page = s.sign_in(password="wrong")
    assert status == 403 and b"Name or password is wrong" in page and not s.cookie
    assert s.sign_in(user="nobody")[0] == 403
    s.cookie = "postroom=" + "0" * 43
    assert s.request("GET", "/")[0] == 303
    assert s.sign_in()[0] == 303
    assert "HttpOnly" in s.cookie_given and "SameSite" in s.cookie_given
    s.press(s.get(), "/logout")
    assert s.request("GET", "/")[0] == 303


# -- what they see -----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", LISTS)
def test_each_list_has_its_contact_and_its_action(office, staff, name):
    rows = dict(staff.rows(name))
    assert office.cids[name] in rows
    action = {"risk": "/assign", "unreadable": "/raw/", "buried": "/retry", "triage": "/assign",
              "unknown": "/resolve"}[name]
    assert action in rows[office.cids[name]]
    assert re.search(rf'href="#{name}">[^<]*: {len(rows)}<', staff.get())


def test_contact_page_shows_all_of_it(office, staff):
    page = staff.get(f"/contact/{office.cids['risk']}")
    assert DANGER in page and "fire-gas" in page and "fire_gas_danger" in page and "smell of gas" in page
    assert staff.request("GET", "/contact/" + "0" * 32)[0] == 404
    assert staff.request("GET", "/contact/../../etc/passwd")[0] == 404


def test_raw_bytes_are_saved_and_never_shown(office, staff):
    status, headers, raw = staff.request("GET", f"/raw/{office.cids['unreadable']}")
    assert status == 200 and raw == NOTHING
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"].startswith("attachment") and "sandbox" in headers["Content-Security-Policy"]


def test_what_a_stranger_wrote_is_only_text(office, staff):
    cid = by_email(office, '<script>alert("x")</script><img src=x onerror=alert(1)>', subject="</title><script>a</script>",
                   sender='"<b>Bold</b>" <bold@example.org>')
    page = staff.get(f"/contact/{cid}") + staff.get()
    assert "<script" not in page and "<img" not in page and "<b>Bold" not in page and "&lt;script&gt;" in page


# -- what they do: last, for it empties the lists -----------------------------------------------------------------------

def test_give_to_a_team_and_to_a_service(office, staff):
    for name, to in (("triage", "Highways"), ("unreadable", "Waste"), ("risk", "557/17")):
        cid = office.cids[name]
        status, headers, _ = staff.press(staff.get(), "/assign", cid=cid, to=to)
        assert (status, headers["Location"]) == (303, "/?done=given")
        case = flow.case(office, cid)
        assert case["queue"] == "team" and (case["team"] == to or case["lgsl"] == 557)
        assert cid not in dict(staff.rows(name))
        assert office.sql("SELECT who FROM event WHERE cid = ? AND kind = 'assigned'", cid) == [{"who": "staff"}]
    assert staff.press(staff.get(), "/assign", cid=office.cids["triage"], to="No such team")[0] == 400
    assert office.run("check").returncode == 0, "the chain of events holds"


def test_try_again_what_was_given_up(office, staff):
    cid = office.cids["buried"]
    assert staff.press(staff.get(), "/retry", cid=cid)[1]["Location"] == "/?done=retry"
    wait_for(lambda: flow.row(office, cid), what=lambda: flow.logs(office))
    assert flow.case(office, cid)["queue"] == "team" and staff.rows("buried") == []


def test_unknown_is_settled_by_a_person_only(office, staff):
    cid = office.cids["unknown"]
    row = flow.outbox(office, cid)[0]
    assert len([m for m in office.sent() if row["message_id"].encode() in m]) == 1, "it was not repeated on doubt"
    assert staff.press(staff.get(), "/resolve", cid=cid, id=row["id"], how="perhaps")[0] == 400
    assert staff.press(staff.get(), "/resolve", cid=cid, id=row["id"], how="sent")[1]["Location"] == "/?done=sent"
    assert flow.outbox(office, cid)[0]["state"] == "sent" and staff.rows("unknown") == []
    assert staff.press(staff.get(), "/resolve", cid=cid, id=row["id"], how="again")[0] == 400
    other = unknown(office)
    staff.press(staff.get(), "/resolve", cid=other, id=flow.outbox(office, other)[0]["id"], how="again")
    wait_for(lambda: flow.outbox(office, other)[0]["state"] == "sent")
    assert len([m for m in office.sent() if other.encode() in m]) == 2


def test_too_many_wrong_passwords_are_slowed_down(office):
    """Last: it shuts the door for a minute."""
    s = Staff(office)
    seen = [s.sign_in(password="wrong")[0] for _ in range(11)]
    assert seen[-1] == 429 and s.sign_in()[0] == 429
