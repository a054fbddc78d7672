"""F1: every daemon and Redis are killed (SIGKILL) at random points while contacts flow in over three channels.

Proven: nothing that a door accepted is lost, nothing is doubled, at most one answer each, and only a kill that hit
the sender leaves one unknown. The order of kills and the contacts between them follow from one seed.
"""

import collections
import random
import threading
import time

from tests.faults import oracle
from tests.faults.citizens import Citizens

VICTIMS = ("redis", "ingest-email", "ingest-sms", "ingest-web", "classify", "dispatch", "send")
RUNNING = ("redis", "smtp-sink", "dispatch", "classify", "send", "ingest-email", "ingest-sms", "ingest-web")


class Killer(threading.Thread):
    """Kills in the order of its schedule, and starts again at once."""

    def __init__(self, pr, schedule):
        super().__init__(daemon=True)
        self.pr, self.schedule = pr, schedule
        self.go = threading.Semaphore(0)
        self.killed = collections.Counter()
        self.failed = None

    def run(self):
        try:
            for _, victim, pause in self.schedule:
                self.go.acquire()
                time.sleep(pause)
                self.pr.kill(victim)
                self.killed[victim] += 1
                self.pr.start(victim)
        except Exception as failed:  # told by finish(), in the test's own thread
            self.failed = failed

    def begin(self, n):
        """The n-th contact is on its way: the kills that belong to it may happen."""
        for at, _, _ in self.schedule:
            if at == n:
                self.go.release()

    def finish(self):
        self.join(300)
        if self.failed:
            raise self.failed
        assert not self.is_alive()


def plan(seed, contacts, kills):
    """[(contact, victim, seconds to wait)], in order."""
    dice = random.Random(seed)
    moments = sorted(dice.randrange(contacts) for _ in range(kills))
    return [(at, dice.choice(VICTIMS), dice.choice((0, 0.001, 0.005, 0.02, 0.05))) for at in moments]


def run(pr, seed, contacts, kills):
    citizens = Citizens(pr, seed)
    killer = Killer(pr, plan(seed, contacts, kills))
    pr.start(*RUNNING)
    killer.start()
    citizens.send_many(contacts, before=killer.begin)
    killer.finish()
    oracle.settle(pr, citizens)
    return citizens, killer.killed


def test_kills_at_random_points(pr, seed, full, figure):
    contacts, kills = (5000, 1000) if full else (200, 40)
    start = time.monotonic()
    citizens, killed = run(pr, seed, contacts, kills)
    flowed = time.monotonic() - start
    counts = oracle.check(pr, citizens.offers, sender_kills=killed["send"])
    assert counts["accepted"] == contacts
    pr.stop_all()
    assert not oracle.left_running(pr)
    tries = sum(o.tries for o in citizens.offers)
    figure(f"F1: {sum(killed.values())} kills {dict(killed)} over {contacts} contacts ({tries} tries at the doors) in "
           f"{flowed:.1f} s; {counts}")
