"""F7: Redis forgets everything, twenty times in a run: FLUSHALL, or its folder emptied and Redis started anew.

Proven: the spool and the sweep bring every contact back; none is lost, none is doubled, none is answered twice.
"""

import random
import shutil
import threading
import time

from tests.faults import oracle
from tests.faults.citizens import Citizens

RUNNING = ("redis", "smtp-sink", "dispatch", "classify", "send", "ingest-email", "ingest-sms", "ingest-web")
TIMES = 20


def flush(pr):
    pr.redis("FLUSHALL")


def forget_functions_too(pr):
    pr.redis("FLUSHALL")
    pr.redis("FUNCTION", "FLUSH")


def empty_folder(pr):
    pr.kill("redis")
    shutil.rmtree(pr.redis_dir / "appendonlydir")
    pr.start("redis")


WAYS = (flush, forget_functions_too, empty_folder)


def test_redis_forgets(pr, seed, full, figure):
    contacts = 1500 if full else 150
    dice, citizens, start = random.Random(seed), Citizens(pr, seed), time.monotonic()
    moments = {at: dice.choice(WAYS) for at in dice.sample(range(contacts), TIMES)}
    lock = threading.Lock()

    def before(n):
        if n in moments:
            with lock:
                moments[n](pr)

    pr.start(*RUNNING)
    citizens.send_many(contacts, before=before)
    oracle.settle(pr, citizens)
    counts = oracle.check(pr, citizens.offers)
    assert counts["accepted"] == contacts and counts["unknown"] == 0
    figure(f"F7: Redis forgot {TIMES} times in {time.monotonic() - start:.1f} s; {counts}")
