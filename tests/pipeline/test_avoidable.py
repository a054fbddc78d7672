"""Avoidable contact, from the door to what staff see: who asks again for what is open, and who only adds to it."""

import contextlib
import sqlite3

import pytest

from tests.pipeline.test_pipeline import BIN, by_email, by_form, by_text
from tests.support import flow
from tests.support.harness import Postroom
from tests.support.staff import Staff, account

DAY = 86_400_000
SENDER = {"name": "Robin Hall", "email": "robin.hall@example.org"}


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    with Postroom(tmp_path_factory.mktemp("avoidable")) as pr:
        pr.write_config({"console": account(pr)})
        pr.start(*flow.PIPELINE, "console")
        yield pr


def reason(pr, cid):
    row = flow.row(pr, cid)
    return row["avoidable"], row["avoidable_by"]


def close(pr, cid, days_ago):
    """As a member of staff would have done it."""
    with contextlib.closing(sqlite3.connect(pr.db, timeout=10)) as db, db:
        db.execute("UPDATE service_case SET state = 'closed', closed_at = (SELECT received_at FROM contact "
                   "WHERE cid = ?) - ? WHERE reference = (SELECT reference FROM contact WHERE cid = ?)",
                   (cid, days_ago * DAY, cid))


def test_the_same_report_again_is_seen_by_staff(town):
    first, _ = by_form(town, BIN, **SENDER)
    second, _ = by_form(town, BIN, **SENDER)
    neighbour, _ = by_form(town, BIN, name="Sam Hall", email=SENDER["email"])
    assert reason(town, first) == ("", "")
    assert reason(town, second) == ("progress_chasing", "open case")
    assert reason(town, neighbour) == ("", "")
    assert "avoidable: progress chasing (open case)" in flow.events(town, second)[0]
    assert flow.row(town, second)["how"] == "opened", "it is counted, and handled like any other"

    shown = town.run("show", second, check=True).stdout.decode()
    assert "avoidable        progress chasing (open case)" in shown and "progress_chasing" not in shown
    assert "avoidable" not in town.run("show", first, check=True).stdout.decode()
    staff = Staff(town)
    assert staff.sign_in()[0] == 303
    row = "<dt>Avoidable contact</dt><dd>progress chasing (open case)</dd>"
    assert row in staff.get(f"/contact/{second}") and "Avoidable" not in staff.get(f"/contact/{first}")


def test_rules_version_is_kept(town):
    cid, _ = by_form(town, BIN, name="Kim Version", email="kim.version@example.org")
    assert len(flow.row(town, cid)["rules_version"]) == 16


def test_reply_that_asks_for_news_and_reply_that_adds(town):
    sender = "Ash Reply <ash.reply@example.org>"
    letter = flow.letter(town, by_email(town, BIN, sender=sender))
    asks = by_email(town, "Any news? When will somebody come?", sender=sender, subject=f"Re: {letter['Subject']}",
                    headers={"In-Reply-To": letter["Message-ID"]})
    adds = by_email(town, "It is the green bin, behind the gate of number 12.", sender=sender,
                    subject=f"Re: {letter['Subject']}", headers={"In-Reply-To": letter["Message-ID"]})
    assert reason(town, asks) == ("progress_chasing", "reference")
    assert reason(town, adds) == ("", "")


def test_reply_without_the_reference_belongs_to_its_thread(town):
    sender = "Lee Thread <lee.thread@example.org>"
    first = by_email(town, BIN, sender=sender)
    headers = {"References": flow.letter(town, first)["Message-ID"]}
    asks = by_email(town, "Any news? When will somebody come?", sender=sender, subject="my bin", headers=headers)
    assert flow.row(town, asks)["case_id"] == flow.row(town, first)["case_id"]
    assert reason(town, asks) == ("progress_chasing", "thread")
    other = by_email(town, "Any news? When will somebody come?", sender="Someone Else <someone@example.org>",
                     subject="my bin", headers=headers)
    assert flow.row(town, other)["case_id"] != flow.row(town, first)["case_id"]
    assert "answers a letter of ours, sender differs" in flow.case(town, other)["why"]


def test_back_again_after_the_case_was_closed(town):
    for number, days, expected in (("07700900611", 3, ("premature_closure", "closed case")),
                                   ("07700900612", 29, ("", ""))):
        close(town, by_text(town, BIN, sender=number), days)
        assert reason(town, by_text(town, BIN, sender=number)) == expected


def test_automatic_mail_never_is(town):
    sender = "Jo Away <jo.away@example.org>"
    letter = flow.letter(town, by_email(town, BIN, sender=sender))
    away = by_email(town, "I am away. Any update?", sender=sender, subject=f"Automatic reply: {letter['Subject']}",
                    headers={"In-Reply-To": letter["Message-ID"], "Auto-Submitted": "auto-replied"})
    assert reason(town, away) == ("", "")
