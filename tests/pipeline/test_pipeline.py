"""An e-mail, a text and a web form each become a case with an acknowledgement, in English and in Welsh; and what
must not be acknowledged, doubled, added or promised is not."""

import re
import subprocess
import time
import urllib.parse

import pytest

from tests.support import flow
from tests.support.harness import Postroom, mail, wait_for

BIN = "My bin was not emptied this week, the whole street was missed."
BIN_CY = "Dydy'r bin du ddim wedi cael ei gasglu yr wythnos yma. Pryd fyddwch chi'n dod i'w gasglu os gwelwch yn dda?"
SETTINGS = {"council": {"name_cy": "Cyngor Bwrdeistref Enghreifftiol"}}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8


def by_email(pr, words, **more):
    token = flow.word()
    pr.drop_mail(mail(f"{words}\n\n{token}\n", **more))
    return flow.find(pr, token)


def by_text(pr, words, **more):
    token = flow.word()
    status, _ = pr.post_sms(f"{words} {token}", **more)
    assert status == 200
    return flow.find(pr, token)


def by_form(pr, words, page="/", **fields):
    token = flow.word()
    status, location, _ = pr.post_form(f"{words} {token}", token=pr.form_token(page), **fields)
    assert status == 303
    return flow.find(pr, token), location


# -- three channels, two languages ---------------------------------------------------------------------------------

@pytest.mark.parametrize("words, lang, said", [(BIN, "en", "Your reference is"), (BIN_CY, "cy", "Eich cyfeirnod yw")])
def test_email_becomes_a_case_with_an_acknowledgement(town, words, lang, said):
    cid = by_email(town, words, sender="Alex Jones <alex.jones@example.org>", subject="")
    row, case = flow.row(town, cid), flow.case(town, cid)
    assert (row["lgsl"], row["lgil"], row["lang"], case["queue"]) == (524, 17, lang, "team")
    letter = flow.letter(town, cid)
    body = letter.get_content()
    assert said in body and row["reference"] in body and row["reference"] in letter["Subject"]
    assert letter["To"] == "alex.jones@example.org" and letter["Auto-Submitted"] == "auto-replied"
    assert "zq" not in body, "an acknowledgement repeats nothing that the sender wrote"
    assert "X-Mail-Args: <>" in str(letter), "the envelope's sender is empty: two machines never talk to each other"


@pytest.mark.parametrize("words, said", [(BIN, "we have your message. Ref"), (BIN_CY, "rydym wedi cael eich neges.")])
def test_text_becomes_a_case_with_an_acknowledgement(town, words, said):
    cid = by_text(town, words, sender="07700 900321")
    to, text = flow.text_sent(town, cid)
    assert to == "+447700900321"
    assert said in text and flow.row(town, cid)["reference"] in text
    assert flow.case(town, cid)["queue"] == "team"


@pytest.mark.parametrize("words, page, said", [(BIN, "/", "Your reference is"), (BIN_CY, "/cy", "Eich cyfeirnod yw")])
def test_form_becomes_a_case_with_an_acknowledgement(town, words, page, said):
    cid, location = by_form(town, words, page, name="Alex Jones", email="alex.form@example.org")
    reference = flow.row(town, cid)["reference"]
    assert urllib.parse.parse_qs(urllib.parse.urlsplit(location).query)["ref"] == [reference]
    assert reference in town.http(town.web_port, "GET", location)[2].decode()
    assert said in flow.letter(town, cid).get_content()


def test_form_with_a_phone_only_is_answered_by_text(town):
    cid, _ = by_form(town, BIN, phone="07700 900987")
    assert flow.text_sent(town, cid)[0] == "+447700900987"


# -- follow-ups ------------------------------------------------------------------------------------------------------

def test_reply_with_the_reference_is_added_for_the_same_sender_only(town):
    sender = "Robin Hall <robin.hall@example.org>"
    first = by_email(town, BIN, sender=sender)
    letter = flow.letter(town, first)
    reply = by_email(town, "It is still there.", sender=sender, subject=f"Re: {letter['Subject']}",
                     headers={"In-Reply-To": letter["Message-ID"]})
    assert flow.row(town, reply)["how"] == "follow_up"
    assert flow.row(town, reply)["case_id"] == flow.row(town, first)["case_id"]
    assert "We have added your message" in flow.letter(town, reply).get_content()

    stranger = by_email(town, "It is still there.", sender="Robin Hall <someone.else@example.org>",
                        subject=f"Re: {letter['Subject']}")
    assert flow.row(town, stranger)["how"] == "opened"
    assert flow.case(town, stranger)["id"] != flow.row(town, first)["case_id"]
    assert flow.case(town, stranger)["queue"] == "triage"
    assert "sender differs" in flow.case(town, stranger)["why"]


def test_reference_by_text_from_the_same_number_is_a_follow_up(town):
    first = by_text(town, BIN, sender="+447700900555")
    reference = flow.row(town, first)["reference"]
    second = by_text(town, f"{reference.lower()} any news?", sender="07700900555")
    assert flow.row(town, second)["case_id"] == flow.row(town, first)["case_id"]


# -- once is once ----------------------------------------------------------------------------------------------------

def test_the_same_mail_twice_is_one_contact(town):
    token = flow.word()
    raw = mail(f"{BIN} {token}", sender="Sam Reed <sam.reed@example.org>")
    town.drop_mail(raw)
    cid = flow.find(town, token)
    flow.letter(town, cid)
    town.drop_mail(raw)
    wait_for(lambda: not any((town.maildir / "new").iterdir()), what="the second copy to be taken")
    time.sleep(0.3)
    assert flow.cids_of(town, token) == [cid]
    assert len(town.sql("SELECT 1 FROM service_case WHERE reference = ?", flow.row(town, cid)["reference"])) == 1


def test_one_mail_in_two_mailboxes_is_one_case_and_one_acknowledgement(town):
    token = flow.word()
    raw = mail(f"{BIN} {token}", sender="Sam Twice <sam.twice@example.org>")
    for head in (b"Delivered-To: a@council.example\n", b"Delivered-To: b@council.example\n"):
        town.drop_mail(head + raw)
    first, second = flow.find(town, token, 2)
    assert flow.row(town, first)["case_id"] == flow.row(town, second)["case_id"]
    acks = [*flow.outbox(town, first), *flow.outbox(town, second)]
    assert len(acks) == 1


def test_button_pressed_twice_gives_the_same_reference(town):
    token, words = town.form_token(), f"{BIN} {flow.word()}"
    answers = [town.post_form(words, token=token, email="press.twice@example.org")[:2] for _ in range(3)]
    assert len(set(answers)) == 1 and answers[0][0] == 303
    cid = flow.find(town, words.split()[-1])
    assert len(flow.outbox(town, cid)) == 1


def test_back_and_edit_is_a_second_contact_marked_possible_duplicate(town):
    token, mark = town.form_token(), flow.word()
    _, first, _ = town.post_form(f"{BIN} {mark}", token=token, email="back@example.org")
    _, second, _ = town.post_form(f"{BIN} In Mill Lane. {mark}", token=token, email="back@example.org")
    assert first != second
    rows = [flow.row(town, c) for c in flow.find(town, mark, 2)]
    assert sorted(r["possible_duplicate"] for r in rows) == [0, 1]
    assert sum(len(flow.outbox(town, r["cid"])) for r in rows) == 1, "a possible duplicate is not acknowledged again"


def test_the_same_text_again_by_the_gateway_is_one_contact(town):
    token = flow.word()
    for _ in range(3):
        assert town.post_sms(f"{BIN} {token}", provider_id=f"id-{token}")[0] == 200
    flow.find(town, token)
    assert town.post_sms(f"{BIN} Mill Lane {token}", provider_id=f"id-{token}")[0] == 200
    flow.find(town, token, 2)


# -- what belongs to it ----------------------------------------------------------------------------------------------

def test_photograph_is_in_the_bundle(town):
    mark = flow.word()
    kind, body = flow.multipart({"token": town.form_token(), "message": f"{BIN} {mark}"},
                                [("photo", "bin é.png", "image/png", PNG)])
    assert town.http(town.web_port, "POST", "/report", body, {"Content-Type": kind})[0] == 303
    raw = town.bundles()[flow.find(town, mark)]
    assert PNG in raw and "bin é.png".encode() in raw
    kind, body = flow.multipart({"token": town.form_token(), "message": f"{BIN} {mark}"},
                                [("photo", "bin.exe", "image/png", b"MZ" + PNG)])
    status, _, page = town.http(town.web_port, "POST", "/report", body, {"Content-Type": kind})
    assert status == 400 and b"must be a photo" in page and mark.encode() in page


def test_danger_goes_the_urgent_lane_and_alerts_the_duty_officer(town):
    cid = by_text(town, "strong smell of gas in our block and my neighbour has collapsed in the hall")
    row = flow.row(town, cid)
    assert row["risk"] == "p1" and flow.case(town, cid)["queue"] == "risk"
    alert = flow.letter(town, cid, "alert")
    assert alert["To"] == "duty@council.example" and row["reference"] in alert["Subject"]
    assert "neighbour" not in alert.get_content() and "7700" not in alert.get_content()
    ack = flow.outbox(town, cid)[0]
    assert ack["lane"] == "urgent" and "999" in flow.text_sent(town, cid)[1]


def test_danger_overtakes_all_that_stands_before_it(tmp_path):
    with Postroom(tmp_path, settings={"dispatch": {"batch": 8}}) as pr:
        pr.start("redis", "smtp-sink", "classify", "ingest-email", "ingest-sms")
        for n in range(100):
            pr.drop_mail(mail(BIN, sender=f"Number {n} <n{n}@example.org>"))
        wait_for(lambda: pr.redis("XLEN", "pr:classified:email") == "100", what=lambda: flow.logs(pr))
        token = flow.word()
        assert pr.post_sms(f"strong smell of gas in our block {token}")[0] == 200
        wait_for(lambda: pr.redis("XLEN", "pr:urgent") == "1", what=lambda: flow.logs(pr))
        pr.start("dispatch", "send")
        cid = flow.find(pr, token)
        pr.wait_settled(101)
        before = pr.sql("SELECT count(*) AS n FROM contact WHERE recorded_at < ?", flow.row(pr, cid)["recorded_at"])
        assert before[0]["n"] <= 8, "at most the batch in hand comes first"
        sent = [e["kind"] for e in pr.sql("SELECT kind FROM event WHERE kind LIKE '%sent' ORDER BY seq")]
        assert len(sent) == 102 and "alert_sent" in sent[:9] and "acknowledgement_sent" in sent[:9]


@pytest.mark.parametrize("headers", [
    {"Auto-Submitted": "auto-replied"}, {"List-Id": "<news.example.org>"}, {"Precedence": "bulk"},
    {"Return-Path": "<>"}, {"X-Auto-Response-Suppress": "All"}])
def test_machines_are_not_acknowledged(town, headers):
    cid = by_email(town, BIN, sender="Robot <robot@example.org>", headers=headers)
    assert flow.outbox(town, cid) == []
    assert "acknowledgement none" in " ".join(flow.events(town, cid))


def test_our_own_address_is_not_acknowledged(town):
    assert flow.outbox(town, by_email(town, BIN, sender="Us <contact@council.example>")) == []


def test_bounce_suppresses_the_address_that_we_wrote_to(town):
    first = by_email(town, BIN, sender="Gone Soon <gone.soon@example.org>")
    ours = flow.letter(town, first)["Message-ID"]
    token = flow.word()
    town.drop_mail(f"""From: Mail Delivery Subsystem <MAILER-DAEMON@mx.example.org>
To: contact@council.example
Subject: Undelivered Mail Returned to Sender {token}
Message-ID: <{token}@mx.example.org>
In-Reply-To: {ours}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

The mail could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; gone.soon@example.org
Action: failed
Status: 5.1.1
--b--
""".encode())
    bounce = flow.find(town, token)
    assert flow.row(town, bounce)["case_id"] == flow.row(town, first)["case_id"]
    assert flow.outbox(town, bounce) == []
    again = by_email(town, "A pothole in Mill Lane.", sender="Gone Soon <gone.soon@example.org>")
    assert flow.outbox(town, again) == []
    assert "suppressed" in " ".join(flow.events(town, again))


# -- dates -----------------------------------------------------------------------------------------------------------

def test_no_date_is_promised_that_no_officer_confirmed(town):
    cid = by_email(town, BIN, sender="No Date <no.date@example.org>")
    assert flow.case(town, cid)["due_at"] and not flow.case(town, cid)["due_confirmed"]
    assert "We aim" not in flow.letter(town, cid).get_content()


def test_confirmed_target_is_the_right_working_day(tmp_path):
    """A pothole is 5 working days: from Tuesday 22 December 2026 that is over Christmas Day, Boxing Day's Monday and
    two weekends to Thursday 31 December."""
    clock = tmp_path / "clock"
    midday = int((time.mktime(time.strptime("2026-12-22 12:00", "%Y-%m-%d %H:%M")) - time.time()) * 1000)
    clock.write_text(str(midday))
    settings = {"council": {"targets_confirmed_by": "Head of Service", "targets_confirmed_on": "2026-11-20"}}
    with Postroom(tmp_path / "pr", settings=settings) as pr, pytest.MonkeyPatch.context() as env:
        env.setenv("POSTROOM_CLOCK", str(clock))
        pr.start("redis", "smtp-sink", "dispatch", "classify", "send", "ingest-email")
        for words, due in (("There is a huge pothole in Station Road.", "Thursday 31 December 2026"),
                           ("Mae twll mawr yn y ffordd, mae angen trwsio'r ffordd os gwelwch yn dda. Diolch yn fawr.",
                            "dydd Iau 31 Rhagfyr 2026")):
            cid = by_email(pr, words, subject="", sender="Due Date <due@example.org>")
            assert flow.row(pr, cid)["lgsl"] == 557
            assert due.lower() in flow.letter(pr, cid).get_content().replace("\n", " ").lower()


# -- doors that are not daemons --------------------------------------------------------------------------------------

def pipe(pr, raw, *flags):
    return pr.step("ingest-email", "--stdin", *flags, stdin=raw)


def test_stdin_answers_0_when_it_is_safe_and_75_when_not(tmp_path):
    with Postroom(tmp_path) as pr:
        token = flow.word()
        assert pipe(pr, mail(f"{BIN} {token}"), "--sender", "a@example.org") == 0, "Redis is down: the spool has it"
        assert len(flow.cids_of(pr, token)) == 1 and len(pr.waiting()) == 1
        assert pipe(pr, b"") == 75
        assert pipe(pr, mail(BIN), "--no-such-flag") == 75
        before = pr.bundles()
        subprocess.run(["chmod", "-R", "a-w", pr.spool], check=True)
        try:
            assert pipe(pr, mail(BIN)) == 75
        finally:
            subprocess.run(["chmod", "-R", "u+w", pr.spool], check=True)
        assert pr.bundles() == before
        pr.write_config({"spool": {"min_free": "9000000G"}})
        assert pipe(pr, mail(BIN)) == 75, "a full disk: the MTA keeps it"
        pr.write_config({})
        pr.start("redis", "dispatch", "classify")
        flow.find(pr, token)


def test_shadow_leaves_the_maildir_alone_and_sends_nothing(tmp_path):
    with Postroom(tmp_path) as pr:
        token = flow.word()
        pr.drop_mail(mail(f"{BIN} {token}"))
        before = sorted((str(p), p.stat().st_mtime_ns, p.is_file() and p.read_bytes()) for p in pr.maildir.rglob("*"))
        pr.start("redis", "smtp-sink", "dispatch", "classify", "send")
        pr.spawn("ingest-email", [pr.bin / "postroom-ingest-email", "-c", pr.config, "--shadow"])
        cid = flow.find(pr, token)
        time.sleep(0.5)
        assert flow.row(pr, cid)["shadow"] == 1 and pr.outbox() == [] and pr.sent() == []
        assert before == sorted((str(p), p.stat().st_mtime_ns, p.is_file() and p.read_bytes())
                                for p in pr.maildir.rglob("*"))


# -- privacy ---------------------------------------------------------------------------------------------------------

def test_nothing_personal_in_redis_or_in_the_logs(town):
    """Last in the file: everything that the tests before did is in these files too."""
    name, postcode, phone = "Zebedee Quillfeather", "ZE77 9QX", "07700 900461"
    words = f"I want to kill myself. {name}, {postcode}, {phone}."
    by_email(town, words, sender=f"{name} <zebedee.quillfeather@example.org>", subject=f"From {name}")
    by_text(town, words, sender=phone)
    by_form(town, words, name=name, postcode=postcode, phone=phone, email="zebedee.quillfeather@example.org")
    town.http(town.web_port, "GET", f"/no-such-page?name={urllib.parse.quote(name)}")
    planted = [b"zebedee", b"quillfeather", b"ze77", b"900461", b"kill myself", b"suicide", b"zq"]
    files = [p for folder in (town.redis_dir, town.logs) for p in folder.rglob("*") if p.is_file()]
    assert any(p.name.endswith(".aof") for p in files) and any(p.name == "classify.log" for p in files)
    for path in files:
        text = path.read_bytes().lower()
        found = [p for p in planted if p in text]
        assert not found, f"{path.name} holds {found}: {re.findall(rb'.*' + found[0] + rb'.*', text)[:2]}"
