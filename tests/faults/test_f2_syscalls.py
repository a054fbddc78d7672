"""F2: a kill at every system call of one contact's life that writes, links, flushes or talks.

A run that nobody disturbs shows the calls of each process; then strace kills before each of them in turn, with a new
contact each time, and the work is done again by a process that nobody disturbs, as after a restart. Proven: whatever
the door had said by then is kept, exactly once, with at most one answer; only a kill of the sender leaves an answer
unknown.
The quick set takes a seeded sample of the points, the full set every one.
"""

import collections
import http.client
import random
import re
import shutil
import subprocess
import time

import pytest

from tests.faults import oracle
from tests.faults.citizens import Citizens
from tests.support.harness import wait_for

CALLS = ("write", "pwrite64", "writev", "pwritev", "ftruncate", "fsync", "fdatasync", "syncfs", "link", "linkat",
         "unlink", "unlinkat", "rename", "renameat", "renameat2", "sendto", "sendmsg", "connect", "openat")


def tracing_works():
    if not shutil.which("strace"):
        return False
    done = subprocess.run(["strace", "-D", "-f", "-o", "/dev/null", "true"], capture_output=True, check=False)
    return done.returncode == 0 and not done.stderr


pytestmark = pytest.mark.skipif(not tracing_works(), reason="strace is missing, or may not trace here")
SMS, WEB = "ingest-sms", "ingest-web"
SETTINGS = {"dispatch": {"sweep_every": "200ms", "sweep_min_age": "0s", "acks_per_day": 1000},
            "queue": {"claim_after": "1s"}}


class Point:
    """One kill: strace around a process, before its k-th `call`. Without a call it only watches. strace steps behind
    the process that it traces (-D), which so is our own child and may be stopped by its pid."""

    def __init__(self, pr, call=None, k=0):
        self.log = pr.dir / "strace.out"
        self.log.unlink(missing_ok=True)
        self.wrap = ["strace", "-D", "-f", "-q", "-o", self.log, "-e", f"trace={call or ','.join(CALLS)}"]
        if call:
            self.wrap += ["-e", f"inject={call}:signal=KILL:when={k}"]

    def ended(self):
        """What strace wrote, once it wrote the end of every process."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        ended = re.findall(r"^(\d+) +\+\+\+ (?:killed|exited)", text, re.MULTILINE)
        return text if ended and set(ended) == set(re.findall(r"^\d+", text, re.MULTILINE)) else ""

    def wait(self):
        return wait_for(self.ended, 15, 0.002, what="strace to end")

    def hit(self):
        return "killed by SIGKILL" in self.wait()

    def seen(self):
        """[(call, k)]: the points of this life. Of the files that are opened, those that are made."""
        made, points = collections.Counter(), set()
        for pid, call, words in re.findall(r"^(\d+) +([a-z0-9]+)\((.*)", self.wait(), re.MULTILINE):
            made[pid, call] += 1
            if call != "openat" or "O_CREAT" in words:
                points.add((call, made[pid, call]))
        return sorted(points)


# -- the lives: each offers one contact, kills at a point and brings the contact one stage on -------------------------

def mail_by_pipe(pr, citizens, point):
    """An MTA's pipe: exit status 0 is the yes; whatever else, the MTA comes again."""
    offer = citizens.offer("email")
    raw = citizens.mail(offer)
    offer.accepted = pr.step("ingest-email", "--stdin", wrap=point.wrap, stdin=raw) == 0
    if not offer.accepted:
        offer.accepted = pr.step("ingest-email", "--stdin", stdin=raw) == 0


def mail_in_a_folder(pr, citizens, point):
    offer = citizens.offer("email")
    citizens.send(offer)
    pr.step("ingest-email", "-1", wrap=point.wrap)
    citizens.note_mail()
    pr.step("ingest-email", "-1")
    citizens.note_mail()


def through_a_door(daemon, channel):
    def life(pr, citizens, point):
        offer = citizens.offer(channel)
        once = citizens.once(offer)
        pr.spawn(daemon, [*point.wrap, pr.bin / f"postroom-{daemon}", "-c", pr.config])
        wait_for(lambda: door_open(pr, channel) or not pr.alive(daemon), step=0.005)
        while pr.alive(daemon) and not offer.accepted:
            offer.accepted = says_yes(once)
        pr.stop(daemon)
        if not offer.accepted:
            pr.start(daemon)
            citizens.until_yes(offer, once)
            pr.stop(daemon)
    return life


def says_yes(once):
    try:
        return once()
    except (OSError, http.client.HTTPException):
        time.sleep(0.005)
    return False


def door_open(pr, channel):
    try:
        port = pr.web_port if channel == "web" else pr.sms_port
        return pr.http(port, "GET", "/healthz", seconds=2)[0] == 200
    except OSError:
        return False


def by(daemon, channel, heal=True):
    """A stage behind the doors: the contact waits before it, the stages before it have run. heal: run it again."""
    def life(pr, citizens, point):
        offer = citizens.offer(channel)
        if channel == "email":
            citizens.send(offer)
            pr.step("ingest-email", "-1")
        else:
            pr.must_live(SMS)
            citizens.send(offer)
        for stage in ("classify", "dispatch", "send"):
            if stage == daemon:
                break
            pr.step(stage, "-1")
        pr.step(daemon, "-1", wrap=point.wrap)
        if heal:
            pr.step(daemon, "-1")
    return life


# Those that stand last in the pipeline come first, so that each finds its one contact alone.
LIVES = {
    "send a mail": by("send", "email"),
    "send a text": by("send", "sms"),
    "dispatch": by("dispatch", "email"),
    "classify": by("classify", "email"),
    "mail by pipe": mail_by_pipe,
    "mail in a folder": mail_in_a_folder,
    "a text": through_a_door(SMS, "sms"),
    "a form": through_a_door(WEB, "web"),
}
SENDS = ("send a mail", "send a text")
QUICK_POINTS = 5  # a life


def points_of(life, pr, citizens):
    """Every (call, k) that the life has, seen in a run that nobody disturbs."""
    watch = Point(pr)
    life(pr, citizens, watch)
    return watch.seen()


def kill_at(points, life, pr, citizens):
    """How many of the points were met; a life may differ a little from the one that was watched."""
    hits = 0
    for call, k in points:
        point = Point(pr, call, k)
        life(pr, citizens, point)
        hits += point.hit()
    return hits


def every_point(name, pr, citizens, dice):
    return points_of(LIVES[name], pr, citizens)


def some_points(name, pr, citizens, dice):
    points = points_of(LIVES[name], pr, citizens)
    return dice.sample(points, min(QUICK_POINTS, len(points)))


def finish(pr, citizens, seconds=oracle.SETTLE_SECONDS):
    """Everything runs once more, undisturbed, until nothing moves; a lease that a kill left behind ends meanwhile."""
    pr.stop_all()
    pr.start("redis", "smtp-sink", "dispatch", "classify", "ingest-email", "ingest-sms", "ingest-web")
    time.sleep(3.2 if pr.sql("SELECT 1 FROM outbox WHERE state = 'sending'") else 0)
    pr.start("send")
    oracle.settle(pr, citizens, seconds)


def prepare(pr, settings=None):
    pr.write_config(settings or SETTINGS)
    pr.start("redis", "smtp-sink")
    for stage in ("dispatch", "classify", "send"):
        assert pr.step(stage, "-1") == 0, pr.log(stage)


def live(name, pr, citizens, choose, dice):
    """Kill one life at the chosen points; how many there were."""
    if name == "send a text":
        pr.start(SMS)
    killed = kill_at(choose(name, pr, citizens, dice), LIVES[name], pr, citizens)
    pr.stop(SMS)
    return killed


def run(pr, seed, names, choose, figure):
    citizens, dice, start = Citizens(pr, seed), random.Random(seed), time.monotonic()
    prepare(pr)
    killed = {name: live(name, pr, citizens, choose, dice) for name in names}
    finish(pr, citizens)
    counts = oracle.check(pr, citizens.offers, sender_kills=sum(killed.get(s, 0) for s in SENDS))
    assert counts["accepted"] == len(citizens.offers) and all(killed.values())
    figure(f"F2: killed at {sum(killed.values())} calls {killed} in {time.monotonic() - start:.1f} s; {counts}")


@pytest.mark.quick_only
def test_kill_at_some_calls(pr, seed, figure):
    run(pr, seed, LIVES, some_points, figure)


@pytest.mark.full_only
@pytest.mark.parametrize("name", LIVES)
def test_kill_at_every_call(pr, seed, figure, name):
    run(pr, seed, [name], every_point, figure)
