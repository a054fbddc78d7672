"""F12: a mailbox changes its UIDVALIDITY, so that every message looks new; also while it is being read.

Proven, against a real Dovecot over TLS, with messages that are marked and with messages that are not: no new case and
no new acknowledgement, and mail that comes between and after the changes is taken.
"""

import time

import pytest

from tests.faults import oracle
from tests.faults.citizens import Citizens
from tests.support.dovecot import Dovecot

RUNNING = ("redis", "smtp-sink", "dispatch", "classify", "send", "ingest-email")
LOOKED_AGAIN = 0.8


def arrive(pr, dovecot, citizens, count):
    for _ in range(count):
        offer = citizens.offer("email")
        dovecot.deliver(citizens.mail(offer))
        offer.accepted = True  # whatever a mailbox holds must be taken in the end


def all_taken(pr, citizens):
    def taken():
        return oracle.at_rest(pr) and len(pr.contacts()) >= len(citizens.offers)
    oracle.wait_for(taken, 30, 0.1, what=lambda: oracle.still_moving(pr))


@pytest.mark.parametrize("done", ["keyword", "none"])
def test_uidvalidity_changes(pr, seed, full, figure, done):
    changes, start = (10 if full else 3), time.monotonic()
    citizens = Citizens(pr, seed)
    with Dovecot() as dovecot:
        pr.write_config({"mailboxes": [dovecot.mailbox(done=done)]})
        pr.start(*RUNNING)
        arrive(pr, dovecot, citizens, 10)
        for change in range(changes):
            if change % 3 != 1:  # else: in the middle of a fetch
                all_taken(pr, citizens)
            dovecot.forget_uids(1000 + change)
            if change % 3 == 2:  # and once with a kill
                pr.kill("ingest-email")
                pr.start("ingest-email")
            arrive(pr, dovecot, citizens, 3)
            time.sleep(LOOKED_AGAIN if change == changes - 1 else 0)
        all_taken(pr, citizens)
        counts = oracle.check(pr, citizens.offers)
        # Where nothing is marked, the whole mailbox was read again, and the bytes decided.
        assert done != "none" or (pr.logs / "ingest-email.log").read_text().count("known=1") >= 10
        pr.stop_all()
    assert counts["cases"] == counts["accepted"] == len(citizens.offers)
    figure(f"F12 done={done}: UIDVALIDITY changed {changes} times in {time.monotonic() - start:.1f} s; {counts}")
