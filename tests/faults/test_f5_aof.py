"""F5: Redis' append-only file is cut at any byte, as a crash of the machine may leave it.

Proven: Redis starts on what is left, and with the spool and the sweep every contact becomes one case; none is lost,
none is doubled. The cuts go through a file that holds contacts before classify, before dispatch and after it. Redis is
then killed and started once more: 7.0.15 leaves a MULTI open when the cut is within its EXEC, and so does half a hop
beside the whole one that replaced it.
"""

import random
import re
import shutil
import time

from tests.faults import oracle
from tests.faults.citizens import Citizens
from tests.support.harness import ROOT

SETTINGS = {"dispatch": {"sweep_every": "1s", "sweep_min_age": "0s", "acks_per_day": 1000, "wait": "1ms"},
            "classify": {"wait": "1ms"}}
STATES = ("redis", "spool", "store.db")
QUICK_CUTS, FULL_CUTS = 16, 300
ROUNDS = 12


def prepare(pr, citizens):
    """Contacts at every place of the pipeline, and everything stopped."""
    pr.write_config(SETTINGS)
    pr.start("redis", "ingest-web", "ingest-sms")
    for stages in (("classify", "dispatch"), ("classify",), ()):
        for channel in ("email", "web", "sms"):
            citizens.send(citizens.offer(channel))
        pr.step("ingest-email", "-1")
        for stage in stages:
            assert pr.step(stage, "-1") == 0, pr.log(stage)
    citizens.note_mail()
    assert all(o.accepted for o in citizens.offers)
    for daemon in ("ingest-web", "ingest-sms"):
        pr.stop(daemon)
    pr.kill("redis")


def keep(pr):
    kept = pr.dir / "kept"
    kept.mkdir()
    for name in STATES:
        copy(pr.dir / name, kept / name)
    return kept


def copy(source, target):
    shutil.rmtree(target, ignore_errors=True) if target.is_dir() else target.unlink(missing_ok=True)
    shutil.copytree(source, target) if source.is_dir() else shutil.copyfile(source, target)


def put_back(pr, kept, cut):
    for name in STATES:
        copy(kept / name, pr.dir / name)
    for left in ("store.db-wal", "store.db-shm"):
        (pr.dir / left).unlink(missing_ok=True)
    aof = next((pr.redis_dir / "appendonlydir").glob("*.incr.aof"))
    with open(aof, "r+b") as file:
        file.truncate(cut)


def work_off(pr):
    """Step after step, as the daemons would, until nothing waits."""
    for turn in range(ROUNDS):
        assert pr.step("classify" if turn % 2 else "dispatch", "-1") == 0, pr.log("dispatch")
        if not pr.waiting() and not oracle.queue_left(pr):
            return
    raise oracle.Broken(oracle.still_moving(pr))


def contact_bytes(raw):
    """Where the file speaks of contacts: every byte but those within the code of Redis' Functions."""
    code = (ROOT / "lib/core/queue.lua").read_bytes()
    within = {i for m in re.finditer(re.escape(code), raw) for i in range(m.start() + 1, m.end() - 1)}
    return [at for at in range(len(raw)) if at not in within]


def cuts_of(raw, dice, count):
    """Half of them where commands begin and end, half anywhere."""
    edges = {0, len(raw), *(m.start() + d for m in re.finditer(rb"\r\n(?=\*)", raw) for d in (1, 2, 3))}
    some = dice.sample(sorted(edges), min(len(edges), count // 2))
    return sorted({*some, *dice.sample(contact_bytes(raw), count - len(some))})


def judge(pr, citizens, cut):
    o = oracle.Oracle(pr, citizens.offers, 0)
    o.conserved()
    o.cases()
    o.rests()
    if len(o.contacts) != len(citizens.offers):
        o.wrong(f"{len(o.contacts)} contacts of {len(citizens.offers)}")
    if o.problems:
        raise oracle.Broken(f"cut at byte {cut}: {o.problems[:5]}\n{pr.log('redis')}\n{pr.log('dispatch')}")


def test_cut(pr, seed, full, figure):
    citizens, start = Citizens(pr, seed), time.monotonic()
    prepare(pr, citizens)
    kept = keep(pr)
    raw = next((kept / "redis/appendonlydir").glob("*.incr.aof")).read_bytes()
    cuts = cuts_of(raw, random.Random(seed), FULL_CUTS if full else QUICK_CUTS)
    for cut in cuts:
        put_back(pr, kept, cut)
        for _ in range(2):
            pr.start("redis")
            work_off(pr)
            judge(pr, citizens, cut)
            pr.kill("redis")
    pr.start("redis", "smtp-sink", "dispatch", "classify", "send")
    oracle.settle(pr, citizens)
    counts = oracle.check(pr, citizens.offers)
    figure(f"F5: {len(cuts)} cuts of an AOF of {len(raw)} bytes in {time.monotonic() - start:.1f} s; {counts}")
