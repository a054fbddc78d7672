"""The command that operators and tests rely on: each subcommand on a running installation, its exit codes, its JSON
Lines, and 80 columns where it is for people."""

import json
import os
import re
import sqlite3
import subprocess
import threading
import time

import pytest

from tests.support import flow
from tests.support.harness import BIN, ROOT, Postroom, mail, wait_for
from tests.pipeline.test_pipeline import BIN as MISSED_BIN
from tests.pipeline.test_pipeline import by_email, by_form, by_text

DANGER = "strong smell of gas in our block and my neighbour has collapsed in the hall"
VERDICT = {"id", "lgsl", "lgil", "score", "margin", "certain", "runner_up", "also", "vetoed", "kind", "avoidable",
           "avoidable_by", "lang", "risk", "flags", "ack", "postcode", "case_ref", "phone", "facts", "rules",
           "rules_version", "incomplete"}
PARSED = {"file", "from_email", "from_name", "to", "cc", "subject", "message_id", "in_reply_to", "references", "date",
          "text", "new_text", "attachments", "automated", "failed_recipients", "ack", "ack_reason", "problems"}


def said(pr, *words, code=0, stdin=None):
    """What it prints; for people, so every row fits a terminal, but for a path or token that cannot be broken."""
    done = pr.run(*words, stdin=stdin)
    assert done.returncode == code, (words, done)
    out = (done.stdout if code == 0 else done.stderr).decode()
    for line in out.splitlines():
        assert len(line) <= 80 or len(line.split()[-1]) > 40, (words, line)
    return out


@pytest.fixture(scope="module")
def three(town):
    """A contact by each door."""
    web, _ = by_form(town, DANGER, name="Jo Gray", email="jo.gray@example.org", phone="07700 900123")
    cids = {"email": by_email(town, MISSED_BIN), "sms": by_text(town, MISSED_BIN), "web": web}
    town.wait_settled()
    return cids


# -- on a running installation ---------------------------------------------------------------------------------------

def test_check_finds_nothing_wrong(town):
    out = said(town, "check")
    assert re.findall(r"^(\w+) +(\w+) ", out, re.MULTILINE) == [("ok", n) for n in (
        "configuration", "rules", "templates", "calendar", "targets", "spool", "queue", "store")]
    assert said(town, "check", "-c", town.config) == out


def test_check_names_everything_that_is_wrong(town, tmp_path):
    with Postroom(tmp_path, settings={"queue": {"socket": "/nowhere/redis.sock"},
                                      "spool": {"min_free": "9000000G"}}) as other:
        done = other.run("check")
        assert done.returncode == 100
        assert re.findall(r"^WRONG +(\w+)", done.stdout.decode(), re.MULTILINE) == ["spool", "queue"]
        assert b"/nowhere/redis.sock" in done.stdout


def test_status_counts_what_waits_where(town, three):
    out = said(town, "status")
    rows = dict(re.findall(r"^  (\S.*?)  +(\d+ +\d+ +\d+)$", out, re.MULTILINE))
    assert rows["contacts"].split() == ["1", "1", "1"] and rows["with team"].split() == ["1", "1", "0"]
    assert rows["with staff"].split() == ["0", "0", "1"]
    assert "sent 4, deferred 0" in out.replace(" deferred", ", deferred") or "sent 4" in out
    assert "0 without a case yet" in out


@pytest.mark.parametrize("door", ["email", "sms", "web"])
def test_show_tells_what_arrived_and_what_became_of_it(town, three, door):
    cid = three[door]
    by_cid, reference = said(town, "show", cid), flow.row(town, cid)["reference"]
    assert by_cid == said(town, "show", reference) == said(town, "show", reference.lower().replace("-", " "))
    assert re.search(rf"^channel +{door}$", by_cid, re.MULTILINE)
    assert f"{reference}, case" in by_cid and "attempt 1, acknowledgement" in by_cid


def test_show_raw_gives_the_bytes_as_received(town, three):
    raw = mail(f"{MISSED_BIN} {flow.word()}", sender="Raw Bytes <raw@example.org>").replace(b"bin", b"b\xefn")
    before = set(town.bundles())
    town.drop_mail(raw)
    cid = wait_for(lambda: set(town.bundles()) - before).pop()
    assert town.run("show", cid, "--raw").stdout == raw
    assert town.run("show", three["web"], "--raw").stdout == town.bundles()[three["web"]]


def test_show_gives_a_terminal_no_control_characters(town):
    cid = by_email(town, "\x1b[2J\x1b]0;owned\x07 My bin was not emptied \x9b31m", sender="Esc <esc@example.org>")
    for words in (["show", cid], ["explain", cid], ["replay", cid]):
        assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", town.run(*words).stdout)


def test_explain_shows_rule_field_and_words(town, three):
    out = said(town, "explain", three["email"])
    assert re.search(r"^Best guess: 524/17 .*, [\d.]+ points$", out, re.MULTILINE)
    assert re.search(r"^ +\+[\d.]+  missed-bin +\w+ \d+-\d+\s+'.*bin", out, re.MULTILINE | re.IGNORECASE)
    assert re.search(r"^(Certain|Not certain): ", out, re.MULTILINE)
    assert re.search(r"^fire-gas.*: risk p1 flag fire_gas_danger\b", said(town, "explain", three["web"]), re.MULTILINE)


def test_replay_changes_nothing(town, three):
    assert "524/17" in said(town, "replay", three["email"]) and town.run("status").returncode == 0
    assert said(town, "replay", three["email"]).count("(same)") == 4


@pytest.mark.parametrize("words", [["show"], ["show", "a", "b", "c"], ["explain"], ["bury"], ["kick"], ["no-such"], [],
                                   ["show", "0" * 32], ["show", "EXA-AAAAA-AAAAA-A"], ["explain", "x"],
                                   ["status", "-c"], ["status", "-c", "/no/such/file.yaml"], ["parse"], ["rules"]])
def test_wrong_usage_is_100_and_says_what_is_right(town, words):
    done = town.run(*words)
    assert done.returncode == 100 and done.stdout == b"" and done.stderr


def test_help_fits_a_terminal(town):
    assert all(len(line) <= 80 for line in town.run("help").stdout.decode().splitlines())


# -- staff's tools ---------------------------------------------------------------------------------------------------

def test_bury_and_kick(tmp_path):
    with Postroom(tmp_path) as pr:
        token = flow.word()
        pr.start("redis", "smtp-sink")
        assert pr.step("ingest-email", "--stdin", stdin=mail(f"{MISSED_BIN} {token}")) == 0
        cid = flow.cids_of(pr, token)[0]
        assert f"postroom kick {cid}" in said(pr, "bury", cid)
        assert cid in said(pr, "bury", cid)
        pr.start("dispatch", "classify", "send")
        wait_for(lambda: pr.redis("SCARD", "pr:live") == "0", what=lambda: flow.logs(pr))
        time.sleep(1.5)  # a sweep leaves it where it is
        assert flow.row(pr, cid) is None and len(pr.sql("SELECT 1 FROM buried")) == 1
        assert differences(pr) == (0, 0, 1)
        said(pr, "kick", cid)
        letter = flow.letter(pr, flow.find(pr, token))
        assert letter and len(pr.sql("SELECT 1 FROM service_case")) == 1
        assert "has its case already" in said(pr, "bury", cid, code=100)
        assert "was not buried" in said(pr, "kick", cid)
        assert said(pr, "kick", "--all") == ""


def test_contact_that_kills_its_stage_is_buried_and_kicked(tmp_path):
    """Whatever stops dispatch from recording it: after its attempts it waits for staff, and kick brings it back."""
    with Postroom(tmp_path, settings={"dispatch": {"attempts": 1, "sweep_every": "1s", "sweep_min_age": "1s"}}) as pr:
        token = flow.word()
        pr.start("redis", "dispatch")
        wait_for(lambda: pr.sql("SELECT name FROM sqlite_master WHERE name = 'event'"))
        with_trigger(pr, "CREATE TRIGGER no BEFORE INSERT ON service_case BEGIN SELECT raise(ABORT, 'not today'); END")
        pr.start("classify")
        assert pr.step("ingest-email", "--stdin", stdin=mail(f"{MISSED_BIN} {token}")) == 0
        wait_for(lambda: pr.sql("SELECT * FROM buried"), seconds=30, what=lambda: flow.logs(pr))
        rows = [json.loads(line) for line in pr.run("reconcile", "--json").stdout.splitlines()]
        assert rows[0] == {"channel": "email", "received": 1, "team": 0, "staff": 0, "buried": 1, "backlog": 0,
                           "difference": 0}
        with_trigger(pr, "DROP TRIGGER no")
        assert "is in the queue again" in said(pr, "kick", "--all")
        flow.find(pr, token)


def with_trigger(pr, sql):
    with sqlite3.connect(pr.db, timeout=10) as db:
        db.execute(sql)
    db.close()


# -- reconcile -------------------------------------------------------------------------------------------------------

def differences(pr):
    done = pr.run("reconcile", "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [r["channel"] for r in rows] == ["email", "sms", "web"]
    for r in rows:
        assert r["received"] == r["team"] + r["staff"] + r["buried"] + r["backlog"] + r["difference"]
    return done.returncode, sum(abs(r["difference"]) for r in rows), sum(r["received"] for r in rows)


def test_reconcile_while_contacts_flow(town):
    """The difference is 0 at every moment, not only at rest."""
    stop, failed = threading.Event(), []

    def flow_in():
        try:
            while not stop.is_set():
                town.drop_mail(mail(f"{MISSED_BIN} {flow.word()}", sender="Flow <flow@example.org>"))
                assert town.post_sms(f"{MISSED_BIN} {flow.word()}")[0] == 200
        except Exception as e:  # told by the test's own thread
            failed.append(e)
    writer = threading.Thread(target=flow_in)
    writer.start()
    try:
        seen = [differences(town) for _ in range(15)]
    finally:
        stop.set()
        writer.join()
    assert not failed and all((code, lost) == (0, 0) for code, lost, _ in seen), (failed, seen)
    assert seen[-1][2] > seen[0][2]
    town.wait_settled()
    assert "difference" in said(town, "reconcile")


def test_reconcile_names_what_is_lost(tmp_path):
    with Postroom(tmp_path) as pr:
        token = flow.word()
        pr.start("redis", "dispatch")
        assert pr.step("ingest-email", "--stdin", stdin=mail(f"{MISSED_BIN} {token}")) == 0
        cid = flow.cids_of(pr, token)[0]
        assert differences(pr) == (0, 0, 1)
        (pr.spool / "new" / cid).unlink()  # what no part of postroom does
        done = pr.run("reconcile", "--json")
        assert done.returncode == 111 and cid.encode() in done.stderr
        assert json.loads(done.stdout.splitlines()[0])["difference"] == 1


# -- setup -----------------------------------------------------------------------------------------------------------

def test_setup_makes_an_installation_that_works(tmp_path):
    # Programs that are installed find their rules beside them.
    (tmp_path / "build").mkdir()
    (tmp_path / "build/bin").symlink_to(BIN)
    env = {**os.environ, "POSTROOM_REDIS_SOCKET": f"/tmp/pr-setup-{os.getpid()}.sock"}
    run = lambda *words: subprocess.run([BIN / "postroom", *map(str, words)], env=env, capture_output=True, text=True,
                                        check=False, cwd=tmp_path)
    done = run("setup", "council")
    assert done.returncode == 0 and re.search(r"password '[0-9a-f]{18}'", done.stdout), done
    made = tmp_path / "council"
    config = made / "postroom.yaml"
    config.write_text(re.sub(r"^  rules: .*$", f"  rules: {ROOT}/rules", config.read_text(), flags=re.MULTILINE))
    for secret in (made / "secrets").iterdir():
        assert secret.stat().st_mode & 0o777 == 0o600
    assert (made / "secrets").stat().st_mode & 0o777 == 0o700
    again = run("setup", "council")
    assert again.returncode == 100 and "overwrites nothing" in again.stderr
    redis = subprocess.Popen(["redis-server", made / "redis.conf"], stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: os.path.exists(env["POSTROOM_REDIS_SOCKET"]))
        checked = run("check", "-c", config)
        assert checked.returncode == 0, checked
        example = run("check", "-c", made / "postroom.example.yaml")
        assert "is no" not in example.stderr, "the example names no setting that does not exist"
    finally:
        redis.terminate()
        redis.wait()
    assert run("setup", "--example").stdout == (made / "postroom.example.yaml").read_text()


# -- without any server ----------------------------------------------------------------------------------------------

def lines(*words, stdin=None):
    """JSON Lines of the command, with no configuration, store or server about."""
    env = {"PATH": os.environ["PATH"]}
    done = subprocess.run([BIN / "postroom", *map(str, words)], input=stdin, capture_output=True, cwd=ROOT, env=env,
                          check=False)
    assert done.returncode == 0, done
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def test_classify_json():
    contacts = [{"id": "a", "channel": "email", "from": "alex@example.org", "from_name": "Alex", "subject": "",
                 "text": MISSED_BIN + " We are at SW1A 1AA, 07700 900123.", "form": {}},
                {"id": 7, "channel": "web", "text": DANGER, "form": {"subject": "gas"}},
                {"id": "c", "channel": "sms", "from": "+447700900123", "text": "hello"},
                {"id": "d", "text": "Mae twll mawr yn y ffordd, mae angen trwsio'r ffordd os gwelwch yn dda"}]
    out = lines("classify", "--json", stdin="\n".join(map(json.dumps, contacts)).encode())
    assert [o["id"] for o in out] == ["a", 7, "c", "d"]
    assert all(set(o) == VERDICT for o in out), [set(o) ^ VERDICT for o in out]
    first, danger, nothing, welsh = out
    assert (first["lgsl"], first["lgil"], first["certain"], first["lang"]) == (524, 17, True, "en")
    assert first["postcode"] == "SW1A 1AA" and first["phone"] == "+447700900123"
    assert (danger["risk"], danger["flags"]) == ("p1", ["fire_gas_danger"])
    assert nothing["lgsl"] is None and nothing["certain"] is False
    assert (welsh["lgsl"], welsh["lang"]) == (557, "cy")
    rule = first["rules"][0]
    assert {"rule", "field", "start", "end"} <= set(rule) and rule["end"] > rule["start"]
    assert isinstance(first["score"], float) and first["incomplete"] is False


def test_classify_json_with_other_rules_and_a_file(tmp_path):
    (tmp_path / "in.jsonl").write_text('{"id": 1, "text": "A pothole."}\n')
    assert lines("classify", "--json", "--rules", ROOT / "rules", tmp_path / "in.jsonl")[0]["lgsl"] == 557
    done = subprocess.run([BIN / "postroom", "classify", "--json", "--rules", tmp_path], input=b"{}\n",
                          capture_output=True, check=False)
    assert done.returncode == 100 and done.stderr


def test_parse_json(tmp_path):
    samples = sorted((ROOT / "tests/data/samples/email").glob("*.eml"))
    out = lines("parse", "--json", *samples)
    assert [o["file"] for o in out] == [str(p) for p in samples]
    assert all(set(o) >= PARSED for o in out), [PARSED - set(o) for o in out]
    by_name = {p.name[:2]: o for p, o in zip(samples, out)}
    assert by_name["01"]["from_email"] == "alex.jones@example.org" and by_name["01"]["ack"] == "yes"
    assert "<b>" not in by_name["02"]["text"] and "track" not in by_name["02"]["text"]
    assert by_name["03"]["subject"] == "Bin heb ei gasglu"
    assert (by_name["06"]["automated"], by_name["06"]["ack"]) == ("auto_reply", "no")
    assert by_name["08"]["attachments"][0]["filename"] == "lamp.gif"
    missing = subprocess.run([BIN / "postroom", "parse", "--json", samples[0], tmp_path / "none.eml", samples[1]],
                             capture_output=True, check=False)
    assert missing.returncode == 111 and len(missing.stdout.splitlines()) == 3, "one line a file, in order"


def test_rules_test_runs_the_examples():
    done = subprocess.run([BIN / "postroom", "rules", "test"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and re.match(r"\d+ rules \(version [0-9a-f]+\), \d+ examples, 0 wrong", done.stdout)
