"""Wrong configuration, rules, Redis, forms and webhooks: each gets a clear error that names the thing, all of a kind
at once, and nothing is lost of what was taken."""

import os
import re
import shutil
import signal
import subprocess

import pytest

from tests.support import flow
from tests.support.harness import BIN, ROOT, Postroom, mail, wait_for

TEN_WRONG_SETTINGS = """\
council:
  name: Example Borough Council
  prefix: exa
  instance_key: {secret}
  email: nobody
  rules: {rules}
  colour: blue
spool:
  dir: [a, b]
  min_free: lots
queue:
  socket: {socket}
  claim_after: 1 parsec
store:
  url: mysql://localhost
mailboxes:
  - name: enquiries
    type: pigeon
sms:
  - name: text
    provider: smoke
webb:
  listen: 127.0.0.1:80
dispatch:
  batch: 0
"""
# The line, and the name that must be told; a whole section's checks are told at its head.
CONFIG_MARKS = {(2, "prefix"), (2, "email"), (7, "colour"), (9, "dir"), (10, "min_free"), (13, "claim_after"),
                (15, "url"), (18, "type"), (20, "smoke"), (22, "webb"), (25, "batch")}

TEN_WRONG_RULES = """\
rules:
  - name: one
    service: 99999/17
    score: 3
    any: [pothole]
  - name: two
    service: 557/17
    score: lots
    any: [pothole]
  - name: three
    service: 557/17
    score: 2
    anny: [pothole]
  - name: four
    service: pothole
    score: 2
    any: [pothole]
  - name: five
    risk: p9
    any: [pothole]
  - name: six
    kind: shout
    score: 1
    any: [pothole]
  - name: seven
    service: 557/17
    score: 2
    any:
      - pattern: '(unclosed'
  - name: eight
    service: 557/17
    score: 2
    all: [$no-such-list]
  - name: one
    service: 557/17
    score: 2
    any: [pothole]
  - name: nine
    service: 557/17
    score: 2
    lang: fr
    any: [pothole]
  - service: 557/17
    score: 2
    any: [pothole]
"""
RULE_LINES = {3, 8, 13, 15, 19, 22, 29, 33, 34, 41, 43}


def marks(text, file):
    """[(line, column, words)] of the lines that name this file."""
    found = re.findall(rf"^\S*{re.escape(str(file))}:(\d+):(\d+): (.+)$", text, re.MULTILINE)
    return [(int(line), int(column), words) for line, column, words in found]


@pytest.fixture
def stage(tmp_path):
    with Postroom(tmp_path) as pr:
        yield pr


def test_ten_wrong_settings_are_told_at_once(stage):
    stage.config.write_text(TEN_WRONG_SETTINGS.format(secret=stage.secret("k", "k" * 64), rules=stage.rules,
                                                      socket=stage.redis_socket))
    done = stage.run("check")
    assert done.returncode == 100
    told = marks(done.stderr.decode(), stage.config)
    assert {(line, name) for line, name in CONFIG_MARKS for t in told if t[0] == line and name in t[2]} == CONFIG_MARKS
    assert len(told) == len(CONFIG_MARKS) and all(column > 0 for _, column, _ in told)
    assert stage.step("classify") == 100, "a daemon does not start with it either"


def test_ten_wrong_rules_are_told_at_once(stage):
    rules = stage.dir / "rules"
    shutil.copytree(ROOT / "rules", rules)
    (rules / "rules/local.yaml").write_text(TEN_WRONG_RULES)
    stage.rules = rules
    stage.write_config({})
    stage.start("redis")
    done = stage.run("check")
    assert done.returncode == 100 and b"WRONG    rules" in done.stdout
    told = marks(done.stderr.decode(), rules / "rules/local.yaml")
    assert {t[0] for t in told} == RULE_LINES, told
    assert all(column > 0 and len(words) > 10 for _, column, words in told)
    assert stage.run("rules", "test", "--rules", rules).returncode == 100
    assert stage.step("classify", "-1") == 100


def test_rules_folder_is_relative_to_the_configuration(stage):
    """As its help says; from whatever folder the command is called."""
    shutil.copytree(ROOT / "rules", stage.dir / "own-rules")
    stage.write_config({"council": {"rules": "own-rules"}})
    stage.start("redis", "dispatch", "classify")
    token = flow.word()
    assert stage.step("ingest-email", "--stdin", stdin=mail(f"A huge pothole in Mill Lane. {token}")) == 0
    cid = flow.find(stage, token)
    env = dict(os.environ, POSTROOM_CONFIG=str(stage.config))
    for words in (["check"], ["explain", cid], ["replay", cid]):
        done = subprocess.run([BIN / "postroom", *words], cwd="/", env=env, capture_output=True, check=False)
        assert done.returncode == 0, (words, done)


def test_broken_rules_keep_the_old_ones_on_hup(stage):
    rules = stage.dir / "rules"
    shutil.copytree(ROOT / "rules", rules)
    stage.rules = rules
    stage.write_config({})
    stage.start("redis", "dispatch", "classify")
    wait_for(lambda: "event=ready" in stage.log("classify"), what=lambda: stage.log("classify"))
    (rules / "rules/local.yaml").write_text(TEN_WRONG_RULES)
    stage.processes["classify"].send_signal(signal.SIGHUP)
    wait_for(lambda: "the old configuration stays in force" in stage.log("classify"), what=lambda: stage.log("classify"))
    assert len(re.findall(r"local\.yaml:\d+:\d+", stage.log("classify", 100000))) == len(RULE_LINES)
    token = flow.word()
    assert stage.step("ingest-email", "--stdin", stdin=mail(f"A huge pothole in Mill Lane. {token}", subject="")) == 0
    assert flow.row(stage, flow.find(stage, token))["lgsl"] == 557
    (rules / "rules/local.yaml").write_text("rules:\n  - name: zeppelin\n    service: 505/17\n    score: 9\n"
                                            "    any: [zeppelin*]\n")
    stage.processes["classify"].send_signal(signal.SIGHUP)
    wait_for(lambda: "result=new" in stage.log("classify"), what=lambda: stage.log("classify"))
    token = flow.word()
    assert stage.step("ingest-email", "--stdin", stdin=mail(f"A zeppelin over Mill Lane. {token}", subject="")) == 0
    assert flow.row(stage, flow.find(stage, token))["lgsl"] == 505


# -- Redis -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("settings, named", [
    (("appendfsync", "everysec"), [b"appendfsync always"]),
    (("maxmemory-policy", "allkeys-lru"), [b"maxmemory-policy noeviction"]),
    (("appendonly", "no", "appendfsync", "no", "no-appendfsync-on-rewrite", "yes", "maxmemory-policy", "volatile-lru"),
     [b"appendonly yes", b"appendfsync always", b"no-appendfsync-on-rewrite no", b"maxmemory-policy noeviction"])])
def test_redis_with_wrong_settings_is_refused_by_name(stage, settings, named):
    stage.start("redis")
    stage.redis("CONFIG", "SET", *settings)
    done = stage.run("check")
    assert done.returncode == 100 and all(n in done.stdout for n in named), done.stdout
    for daemon in ("classify", "dispatch"):
        assert stage.step(daemon, "-1") == 100
        assert all(n.decode() in stage.log(daemon) for n in named), stage.log(daemon)


def test_redis_that_is_suddenly_empty_loses_nothing(stage):
    stage.start("redis", "smtp-sink", "dispatch")
    tokens = [flow.word() for _ in range(5)]
    for token in tokens:
        assert stage.step("ingest-email", "--stdin", stdin=mail(f"A pothole. {token}")) == 0
    stage.redis("FLUSHALL")
    stage.redis("FUNCTION", "FLUSH")
    stage.start("classify", "send")
    for token in tokens:
        cid = flow.find(stage, token)
        assert flow.letter(stage, cid)
    stage.wait_settled(len(tokens))


def test_status_and_doors_without_redis(stage):
    assert stage.step("ingest-email", "--stdin", stdin=mail("A pothole.")) == 0
    stage.spawn("dispatch", [BIN / "postroom-dispatch", "-c", stage.config])
    wait_for(stage.db.exists)
    done = wait_for(lambda: (d := stage.run("status")).returncode == 0 and d)
    assert b"Redis does not answer" in done.stdout and b"Nothing is lost" in done.stdout
    assert stage.alive("dispatch"), "a Redis that is not there yet is waited for"


# -- the doors -------------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def doors(tmp_path_factory):
    with Postroom(tmp_path_factory.mktemp("doors")) as pr:
        pr.start("ingest-web", "ingest-sms")
        yield pr


def test_form_field_of_10_mb_gets_its_page(doors):
    before = doors.bundles()
    status, headers, page = doors.post_form("x" * 10_000_000)
    assert status == 413 and b"too large" in page and "rhy fawr" in page.decode() and b"Nothing has been stored" in page
    status, _, page = doors.post_form("x" * 10_001)
    assert status == 400 and b"10,000 characters or fewer" in page
    kind, body = flow.multipart({"token": doors.form_token(), "message": "y" * 10_000_000}, [])
    assert doors.http(doors.web_port, "POST", "/report", body, {"Content-Type": kind})[0] in (400, 413)
    assert doors.bundles() == before and doors.alive("ingest-web")


@pytest.mark.parametrize("body", [b"", b"a", b"&&&=&=%%%zz", b"token=x&" * 5000, b"\0" * 1000, b"--b\r\n\r\n\r\n--b--"])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=b",
                                  "multipart/form-data", "text/plain", ""])
def test_nonsense_forms_are_answered_and_nothing_is_stored(doors, body, kind):
    before = doors.bundles()
    status, _, page = doors.http(doors.web_port, "POST", "/report", body, {"Content-Type": kind} if kind else {})
    assert 400 <= status < 500 and page
    assert doors.bundles() == before and doors.alive("ingest-web")


def test_form_with_a_token_that_is_not_ours_is_shown_again(doors):
    status, _, page = doors.post_form("A pothole.", token="0" * 64)
    assert status == 400 and b"Please send your report once more" in page and b"A pothole." in page


@pytest.mark.parametrize("headers", [{}, {"X-Postroom-Secret": ""}, {"X-Postroom-Secret": "wrong"}])
def test_webhook_without_its_secret_is_401(doors, headers):
    before = doors.bundles()
    body = b"id=1&from=%2B447700900123&to=60066&text=hello"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    status, _, answer = doors.http(doors.sms_port, "POST", "/hook/sms/text", body, {**kind, **headers})
    assert status == 401 and b"secret" in answer
    assert doors.http(doors.sms_port, "POST", "/hook/sms/other", body, kind)[0] == 404
    assert doors.bundles() == before


def test_webhook_without_a_text_is_kept_for_a_person(doors):
    token = flow.word()
    status, _, _ = doors.http(doors.sms_port, "POST", "/hook/sms/text", f'{{"body": "{token}"'.encode(),
                              {"Content-Type": "application/json", "X-Postroom-Secret": "sms-door-secret"})
    assert status == 200 and len(flow.cids_of(doors, token)) == 1


# -- who runs it -----------------------------------------------------------------------------------------------------

@pytest.mark.skipif(os.getuid() != 0, reason="only root can be refused")
@pytest.mark.parametrize("daemon", ["ingest-email", "ingest-sms", "ingest-web", "classify", "dispatch", "send",
                                    "console"])
def test_daemon_refuses_to_run_as_root(tmp_path, daemon):
    with Postroom(tmp_path, settings={}) as pr:
        assert pr.step(daemon, "-1") == 100
        assert "does not run as root" in pr.log(daemon) and "setpriv" in pr.log(daemon)
