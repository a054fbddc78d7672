"""ingest-email as a whole program, against a real Dovecot, with kill -9 in the middle."""

import random
import time

import pytest

from tests.support.dovecot import Dovecot
from tests.support.harness import BIN, Postroom, mail, wait_for

KEYWORD = "$PostroomDone"


@pytest.fixture
def dovecot():
    with Dovecot() as server:
        yield server


@pytest.fixture
def postroom(tmp_path, dovecot):
    with Postroom(tmp_path / "postroom", settings={"mailboxes": [dovecot.mailbox()]}) as pr:
        yield pr


def all_marked(dovecot, n):
    flags = dovecot.flags()
    return len(flags) == n and all(KEYWORD in f for f in flags)


def test_each_mail_once_whatever_is_killed(dovecot, postroom, seed):
    rng = random.Random(seed)
    words = [f"token-{i}" for i in range(90)]
    for batch in range(15):
        postroom.start("ingest-email")
        for word in words[batch * 6:batch * 6 + 6]:
            dovecot.deliver(mail(body=word))
            time.sleep(rng.random() * 0.01)
        time.sleep(rng.random() * 0.12)
        postroom.kill("ingest-email")
        # what the server was told is safe: never a mark without a bundle
        assert sum(KEYWORD in f for f in dovecot.flags()) <= len(postroom.bundles())
    postroom.start("ingest-email")
    wait_for(lambda: all_marked(dovecot, 90), what=f"90 marks: {postroom.log('ingest-email')}")
    bundles = list(postroom.bundles().values())
    assert len(bundles) == 90
    assert all(sum(f"{word}\r\n".encode() in b for b in bundles) == 1 for word in words)
    assert not any("\\Seen" in f for f in dovecot.flags())


def test_uidvalidity_change_makes_no_second_contact(dovecot, postroom):
    for i in range(20):
        dovecot.deliver(mail(body=f"token-{i}"))
    postroom.start("ingest-email")
    wait_for(lambda: all_marked(dovecot, 20), what="20 marks")
    for validity in (1234, 99):
        dovecot.forget_uids(validity)
        dovecot.deliver(mail(body=f"after {validity}"))
        wait_for(lambda: all_marked(dovecot, len(dovecot.flags())), what="the marks after the change")
    wait_for(lambda: len(postroom.bundles()) == 22, what=f"22 bundles: {postroom.log('ingest-email')}")
    assert "uidvalidity_changed" in postroom.log("ingest-email", 100000)


def test_shadow_changes_nothing(dovecot, postroom):
    for i in range(3):
        dovecot.deliver(mail(body=f"token-{i}"))
    program = postroom.spawn("shadow", [BIN / "postroom-ingest-email", "-c", postroom.config, "--shadow"])
    wait_for(lambda: len(postroom.bundles()) == 3, what=f"3 bundles: {postroom.log('shadow')}")
    time.sleep(0.3)
    assert program.poll() is None
    assert all(KEYWORD not in f and "\\Seen" not in f for f in dovecot.flags())


def test_one_bad_mailbox_does_not_stop_its_neighbours(tmp_path, dovecot):
    boxes = [dovecot.mailbox(name="wrong-host", host="127.0.0.1"), dovecot.mailbox(name="nowhere", port=1),
             dovecot.mailbox()]
    with Postroom(tmp_path / "postroom", settings={"mailboxes": boxes}) as pr:
        dovecot.deliver(mail(body="token"))
        pr.start("ingest-email")
        wait_for(lambda: all_marked(dovecot, 1), what=f"the mark: {pr.log('ingest-email')}")
        log = pr.log("ingest-email")
        assert "mailbox 'wrong-host'" in log and "is for another host" in log
        assert "mailbox 'nowhere'" in log
        assert "opensesame" not in log


def test_pipe_answers_75_or_is_durable(postroom):
    raw = mail(body="token")
    done = postroom.run("--stdin", "-c", postroom.config, "--sender", "someone@example.org", stdin=raw,
                        program="postroom-ingest-email")
    assert done.returncode == 0, done.stderr
    assert b"someone" not in done.stderr
    assert [raw in b for b in postroom.bundles().values()] == [True]
    for stdin, argv in ((b"", ["-c", postroom.config]), (raw, ["-c", "/nonexistent.yaml"]), (raw, ["--nonsense"]),
                        (raw, ["-c", postroom.config, "-o", "spool.min_free=9000000G"])):
        done = postroom.run("--stdin", *argv, stdin=stdin, program="postroom-ingest-email")
        assert done.returncode == 75, (argv, done.stderr)
    assert len(postroom.bundles()) == 1
