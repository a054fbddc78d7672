"""F30: bugs are planted, and the oracle must find each of them; so it is known that it can fail.

Every bug is built from a copy of the source. Proven for each: an undisturbed run looks well even with the bug; the
scenario passes on the real programs; and it fails on those with the bug.
"""

import contextlib
import os
import re
import signal
import sqlite3
import threading
import time

import pytest

from tests.faults import oracle
from tests.faults import test_f2_syscalls as f2
from tests.faults.citizens import Citizens
from tests.faults.planted import BUGS, can_build, changed, plant
from tests.support.harness import ROOT, Postroom, wait_for

pytestmark = f2.pytestmark
QUICK_BUG = "mail told before its bundle is durable"
NO_SWEEP = {"dispatch": {"sweep_every": "1h", "sweep_min_age": "1h", "acks_per_day": 1000}}
SECONDS = 12  # what does not come to rest by then never will


def kill_at(pr, citizens, name, calls):
    """F2 with some calls of one life; how many kills."""
    points = [(call, k) for call, k in f2.points_of(f2.LIVES[name], pr, citizens) if call in calls]
    return f2.kill_at(points, f2.LIVES[name], pr, citizens)


def judge(pr, citizens, sender_kills=0):
    f2.finish(pr, citizens, SECONDS)
    oracle.check(pr, citizens.offers, sender_kills)


# -- the scenarios: each passes on the real programs and raises on its bug ---------------------------------------------

def nothing_leaves_the_queue_early(pr, citizens):
    f2.prepare(pr, {**f2.SETTINGS, **NO_SWEEP})
    life = f2.by("dispatch", "email", heal=False)
    for call, k in f2.points_of(life, pr, citizens):
        if call not in ("sendto", "fdatasync", "write"):
            continue
        life(pr, citizens, f2.Point(pr, call, k))
        if gone := oracle.forgotten(pr):
            raise oracle.Broken(f"killed before {call} {k}: {gone} have no case and stand nowhere in Redis")
        pr.step("dispatch", "-1")
    pr.write_config(f2.SETTINGS)
    judge(pr, citizens)


def kills_of_the_mail_door(pr, citizens):
    f2.prepare(pr)
    kill_at(pr, citizens, "mail in a folder", f2.CALLS)
    judge(pr, citizens)


def calls_of(pr, *argv, stdin=b""):
    """[(call, its words)] of one step, with the names of the files behind the descriptors."""
    log = pr.dir / "calls.out"
    calls = "fsync,fdatasync,syncfs,linkat,renameat,exit_group"
    strace = ["strace", "-f", "-y", "-q", "-s", "300", "-o", log, "-e", f"trace={calls}"]
    assert pr.step(*argv, stdin=stdin, wrap=strace) == 0
    return re.findall(r"^\d+ +([a-z0-9_]+)\((.*)\)", log.read_text(), re.MULTILINE)


def in_order(calls, *wanted):
    """Each (call, pattern) must be found behind the one before it."""
    at = 0
    for call, pattern in wanted:
        at = next((i + 1 for i in range(at, len(calls)) if calls[i][0] == call and re.search(pattern, calls[i][1])), 0)
        if not at:
            raise oracle.Broken(f"no {call} of {pattern} in its place: {calls}")


def one_bundle_is_flushed_in_order(pr, citizens):
    raw = citizens.mail(citizens.offer("email"))
    in_order(calls_of(pr, "ingest-email", "--stdin", stdin=raw),
             ("fsync", r"spool/tmp/"), ("linkat", r'"new/'), ("fsync", r"spool/new>"), ("linkat", r'"[0-9a-f]{2}/'),
             ("fsync", r"spool/[0-9a-f]{2}>"), ("exit_group", r"^0"))


def a_batch_is_flushed_in_order(pr, citizens):
    for _ in range(4):
        citizens.send(citizens.offer("email"))
    in_order(calls_of(pr, "ingest-email", "-1"),
             ("syncfs", r"spool"), ("linkat", r'"new/'), ("fsync", r"spool/new>"), ("linkat", r'"[0-9a-f]{2}/'),
             ("syncfs", r"spool"), ("renameat", r"/cur>"))


def kills_of_the_sender(pr, citizens):
    f2.prepare(pr)
    kills = kill_at(pr, citizens, "send a mail", ("fdatasync", "pwrite64"))
    judge(pr, citizens, kills)


def two_senders(pr, citizens):
    """The first is stopped for longer than its lease; a person has the text sent again by the second; then the first
    wakes up with the gateway's yes to its own attempt."""
    first, second = threading.Event(), threading.Event()
    waits = iter((first, second))
    pr.gateway.answer = lambda _: 200 if next(waits).wait(30) else 500
    pr.start("redis", "ingest-sms", "classify", "dispatch", "send-1")
    citizens.send(citizens.offer("sms"))
    wait_for(lambda: len(pr.gateway.taken) == 1)
    os.kill(pr.processes["send-1"].pid, signal.SIGSTOP)
    time.sleep(3.1)
    pr.start("send-2")
    wait_for(lambda: pr.outbox()[0]["state"] == "unknown")
    send_again(pr)
    wait_for(lambda: len(pr.gateway.taken) == 2)
    first.set()
    os.kill(pr.processes["send-1"].pid, signal.SIGCONT)
    wait_for(lambda: "event=outbox" in pr.log("send-1"), what=lambda: pr.log("send-1"))
    state = pr.outbox()[0]["state"]
    second.set()
    if state != "sending":
        raise oracle.Broken(f"the attempt of the second sender was settled by the first: {state}")
    oracle.settle(pr, citizens, SECONDS)


def send_again(pr):
    """What the staff page's button does."""
    with contextlib.closing(sqlite3.connect(pr.db, timeout=10)) as db, db:
        db.execute("UPDATE outbox SET state = 'pending', next_at = 0, lease_until = 0, "
                   "message_id = replace(message_id, '@', '.1@') WHERE state = 'unknown'")


def sweeps_over_a_deep_queue(pr, citizens):
    f2.prepare(pr)
    pr.start("dispatch", "ingest-sms")
    citizens.send_many(6, "sms")
    time.sleep(1)
    if twice := {cid: n for cid, n in oracle.standing(pr).items() if n != 1}:
        raise oracle.Broken(f"stand more than once in Redis: {twice}")
    judge(pr, citizens)


def kills_after_commit(pr, citizens):
    settings = {"dispatch": {**f2.SETTINGS["dispatch"], "attempts": 100}, "queue": f2.SETTINGS["queue"]}
    f2.prepare(pr, settings)
    kill_at(pr, citizens, "dispatch", ("sendto", "write"))
    judge(pr, citizens)


def a_spool_that_cannot_be_written(pr, citizens):
    f2.prepare(pr)
    pr.start("ingest-sms")
    citizens.send(citizens.offer("sms"))
    (pr.spool / "tmp").chmod(0o500)
    offer = citizens.offer("sms")
    offer.accepted = citizens.text_post(offer)[0] == 200
    (pr.spool / "tmp").chmod(0o700)
    if not offer.accepted:
        citizens.send(offer)
    judge(pr, citizens)


def kills_of_the_form(pr, citizens):
    f2.prepare(pr)
    kill_at(pr, citizens, "a form", f2.CALLS)
    judge(pr, citizens)


def a_cry_for_help(pr, citizens):
    pr.start("redis", "classify", "dispatch", "ingest-email", "send", "smtp-sink")
    citizens.send_many(8, "email")  # the eighth
    oracle.settle(pr, citizens)
    oracle.check(pr, citizens.offers)


SCENARIOS = {
    "done before COMMIT": nothing_leaves_the_queue_early,
    "mail told before its bundle is durable": kills_of_the_mail_door,
    "one bundle not flushed": one_bundle_is_flushed_in_order,
    "a batch of bundles not flushed": a_batch_is_flushed_in_order,
    "an expired lease sent again": kills_of_the_sender,
    "a late sender settles another's attempt": two_senders,
    "a sweep that does not ask what is live": sweeps_over_a_deep_queue,
    "a contact's row added without ON CONFLICT": kills_after_commit,
    "a webhook told yes whatever became of it": a_spool_that_cannot_be_written,
    "an id that is drawn and not derived": kills_of_the_form,
    "a risk told to the log": a_cry_for_help,
}


def undisturbed(pr, citizens):
    """Three contacts, and nobody disturbs: no bug shows here."""
    pr.write_config(NO_SWEEP)
    pr.start("redis", "smtp-sink", "dispatch", "classify", "send", "ingest-email", "ingest-sms", "ingest-web")
    citizens.send_many(3)
    oracle.settle(pr, citizens)
    oracle.check(pr, citizens.offers)


def caught(scenario, folder, seed, programs):
    """The words with which the scenario failed, or None."""
    with Postroom(folder, programs=programs) as pr:
        try:
            scenario(pr, Citizens(pr, seed))
        except oracle.Broken as broken:
            return str(broken).splitlines()[:2]
    return None


def test_every_planted_bug_still_fits_the_source():
    for bug in BUGS.values():
        for change in bug.changes:
            changed(ROOT, *change)


@pytest.mark.full_only
@pytest.mark.parametrize("name", BUGS)
def test_every_planted_bug_is_caught(tmp_path, seed, figure, name):
    programs = plant(tmp_path, BUGS[name])
    assert caught(undisturbed, tmp_path / "undisturbed", seed, programs) is None
    assert caught(SCENARIOS[name], tmp_path / "real", seed, None) is None
    words = caught(SCENARIOS[name], tmp_path / "planted", seed, programs)
    assert words, f"nobody noticed: {name}"
    figure(f"F30 caught: {name}: {' '.join(words)[:160]}")


@pytest.mark.quick_only
@pytest.mark.skipif(not can_build(), reason="the objects of this build are not at hand")
def test_a_planted_bug_is_caught(tmp_path, seed, figure):
    programs = plant(tmp_path, BUGS[QUICK_BUG])
    words = caught(SCENARIOS[QUICK_BUG], tmp_path / "planted", seed, programs)
    assert words, f"nobody noticed: {QUICK_BUG}"
    figure(f"F30 caught: {QUICK_BUG}: {' '.join(words)[:160]}")
