"""The canary: each door sends a contact of its own now and then, and `postroom status` says when one is overdue."""

import re

import pytest

from tests.support import flow
from tests.support.harness import Postroom, wait_for

HOUR = 3600 * 1000


@pytest.fixture
def clock(tmp_path, monkeypatch):
    path = tmp_path / "clock"
    path.write_text("0")
    monkeypatch.setenv("POSTROOM_CLOCK", str(path))

    def move(ms):
        # in one step: a reader must not find the file empty
        (tmp_path / "clock.new").write_text(str(ms))
        (tmp_path / "clock.new").rename(path)
    return move


def canaries(pr):
    return {r["channel"]: r["n"] for r in
            pr.sql("SELECT channel, count(*) AS n FROM contact WHERE canary = 1 AND case_id IS NOT NULL GROUP BY channel")}


def told(pr):
    done = pr.run("status")
    assert done.returncode == 0 and all(len(line) <= 80 for line in done.stdout.decode().splitlines())
    return re.search(r"^canary +(.*)$", done.stdout.decode(), re.MULTILINE)[1]


def test_each_door_sends_one_an_hour_and_a_late_one_is_told(tmp_path, clock):
    with Postroom(tmp_path / "pr", settings={"spool": {"canary": "1h"}}) as pr:
        pr.start("redis", "dispatch")
        wait_for(lambda: pr.sql("SELECT 1 FROM sqlite_master WHERE name = 'buried'"))
        assert told(pr) == "email never, sms never, web never"
        pr.start("classify", "smtp-sink", "send", "ingest-email", "ingest-sms", "ingest-web")
        wait_for(lambda: canaries(pr) == {"email": 1, "sms": 1, "web": 1}, what=lambda: flow.logs(pr))
        assert re.fullmatch(r"email \d+ s, sms \d+ s, web \d+ s", told(pr))
        clock(HOUR // 2)
        assert told(pr) == "email 30 min, sms 30 min, web 30 min"
        clock(HOUR + 1000)
        wait_for(lambda: canaries(pr) == {"email": 2, "sms": 2, "web": 2}, what=lambda: f"{canaries(pr)} {flow.logs(pr)}")
        assert all(c["state"] == "closed" for c in pr.sql("SELECT state FROM service_case"))
        assert pr.outbox() == [] and pr.sql("SELECT 1 FROM citizen") == []
        pr.stop("ingest-sms")
        clock(HOUR * 2 + 2000)
        wait_for(lambda: canaries(pr) == {"email": 3, "sms": 2, "web": 3}, what=lambda: f"{canaries(pr)} {flow.logs(pr)}")
        clock(HOUR * 3 + 4000)
        wait_for(lambda: canaries(pr) == {"email": 4, "sms": 2, "web": 4}, what=lambda: f"{canaries(pr)} {flow.logs(pr)}")
        assert re.fullmatch(r"email \d+ s, sms LATE 2 h, web \d+ s", told(pr))
        assert pr.run("reconcile").returncode == 0


def test_none_unless_it_is_asked_for(tmp_path):
    with Postroom(tmp_path) as pr:
        pr.start("redis", "dispatch", "classify", "ingest-web")
        wait_for(lambda: pr.sql("SELECT 1 FROM sqlite_master WHERE name = 'buried'"))
        assert told(pr) == "none is sent (spool.canary)"
        assert pr.contacts() == [] and pr.bundles() == {}
