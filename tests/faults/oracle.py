"""The conservation oracle: what the doors said yes to is somewhere exactly once, and was answered at most once.

    settle(pr, citizens)                     until nothing moves any more
    counts = check(pr, citizens.offers)      raises Broken with every broken promise

It counts at the outside: tokens that were accepted, bundles in the spool, rows of the store, messages at the mail
sink and at the SMS gateway, and what is left in Redis. It believes no daemon's word.
"""

import collections
import contextlib
import json
import os
import pathlib
import re
import sqlite3
import time

from tests.faults.citizens import NAME, PHONE, POSTCODE
from tests.support.harness import wait_for

TOKEN = re.compile(rb"tok-[0-9a-f]{16}")
MESSAGE_ID = re.compile(r"([0-9a-f]{32})\.([a-z_]+)(?:\.\d+)?@")
HEADER = re.compile(rb"^Message-ID: <([^>]+)>", re.MULTILINE | re.IGNORECASE)
STREAMS = [f"pr:{stage}:{channel}" for stage in ("contacts", "classified") for channel in ("email", "sms", "web")]
STREAMS += ["pr:urgent", "pr:buried"]
SECRETS = [s.encode() for s in (*NAME.split(), POSTCODE, POSTCODE.replace(" ", ""), PHONE, PHONE.replace(" ", "")[1:],
                                "kill myself", "suicide", "@example.org", "tok-")]
SETTLE_SECONDS = 60


class Broken(AssertionError):
    """A promise that was not kept; the words name all that were found."""


def settle(pr, citizens, seconds=SETTLE_SECONDS):
    """Until every mail is taken, new/ holds only the buried, Redis holds nothing and the outbox is at rest."""
    try:
        wait_for(lambda: at_rest(pr), seconds, 0.1)
    except AssertionError:
        raise Broken(still_moving(pr)) from None
    citizens.note_mail()


def at_rest(pr):
    if any((pr.maildir / "new").iterdir()) or set(pr.waiting()) - buried(pr) or queue_left(pr):
        return False
    with contextlib.suppress(sqlite3.OperationalError):
        return not pr.sql("SELECT 1 FROM outbox WHERE state IN ('pending', 'deferred', 'sending') LIMIT 1")
    return False


def still_moving(pr):
    logs = "\n".join(f"--- {n}\n{pr.log(n, 1500)}" for n in pr.processes)
    rows = collections.Counter((r["state"], r["detail"]) for r in pr.outbox())
    return (f"not at rest: new/ of the Maildir {len(list((pr.maildir / 'new').iterdir()))}, backlog "
            f"{len(set(pr.waiting()) - buried(pr))}, Redis {queue_left(pr)}, outbox {dict(rows)}\n{logs}")


def buried(pr):
    with contextlib.suppress(sqlite3.OperationalError):
        return {r["cid"] for r in pr.sql("SELECT cid FROM buried")}
    return set()


def queue_left(pr):
    """What stands in Redis: entries, live ids, tickets in hand. Empty when it is idle."""
    left = {"pr:live": pr.redis_call("SCARD", "pr:live")}
    for stream in STREAMS:
        left[stream] = pr.redis_call("XLEN", stream)
        pending = pr.redis_call("XPENDING", stream, "pr")
        left[f"pending {stream}"] = pending[0] if pending else 0
    return {name: n for name, n in left.items() if n != 0}


def standing(pr):
    """How often each cid stands in any stream of Redis; once is the rule."""
    seen = collections.Counter()
    for stream in STREAMS:
        seen.update(fields[1].decode() for _, fields in pr.redis_call("XRANGE", stream, "-", "+"))
    return seen


def forgotten(pr):
    """Contacts of new/ that have no row yet and stand nowhere in Redis. While Redis is well there are none: a ticket
    leaves after COMMIT and not before."""
    rows = {r["cid"] for r in pr.sql("SELECT cid FROM contact")} | buried(pr)
    return set(pr.waiting()) - rows - standing(pr).keys()


class Oracle:
    def __init__(self, pr, offers, sender_kills):
        self.pr, self.offers, self.sender_kills = pr, offers, sender_kills
        self.problems = []
        self.contacts = {r["cid"]: r for r in pr.contacts()}
        self.buried = buried(pr)
        self.backlog = set(pr.waiting()) - self.buried
        self.outbox = pr.outbox()
        self.homes = collections.defaultdict(list)
        for cid, raw in {**new_bundles(pr), **pr.bundles()}.items():
            for token in set(TOKEN.findall(raw)):
                self.homes[token.decode()].append(cid)

    def wrong(self, words):
        self.problems.append(words)

    def conserved(self):
        """Each accepted token in one bundle, each bundle in one place, each contact in a case of its own."""
        for offer in self.offers:
            cids = self.homes.get(offer.token, [])
            if offer.accepted and len(cids) != 1:
                self.wrong(f"{offer.channel} {offer.token} was accepted and is in {len(cids)} bundles {cids}")
            for cid in cids:
                places = [n for n, p in (("contact", self.contacts), ("buried", self.buried),
                                         ("backlog", self.backlog)) if cid in p]
                if len(places) != 1:
                    self.wrong(f"{offer.channel} {cid} is in {places or 'no place'}")

    def cases(self):
        rows = self.pr.sql("SELECT id FROM service_case")
        opened = collections.Counter(c["case_id"] for c in self.contacts.values())
        for case in rows:
            if opened.pop(case["id"], 0) != 1:
                self.wrong(f"case {case['id']} has no contact, or more than one")
        if opened:
            self.wrong(f"contacts without their case: {dict(opened)}")
        for c in self.contacts.values():
            if c["how"] != "opened":
                self.wrong(f"{c['channel']} {c['cid']} joined a case ({c['how']}) that is not its own")

    def answers(self):
        """At most one of each kind a contact, counted where they arrive."""
        arrived = collections.Counter(arrivals(self.pr))
        for key, times in arrived.items():
            if times > 1:
                self.wrong(f"{key} arrived {times} times")
        rows = collections.Counter((o["cid"], o["kind"]) for o in self.outbox)
        self.problems += [f"outbox has {n} rows of {k}" for k, n in rows.items() if n > 1]
        for o in self.outbox:
            key, state = (o["cid"], o["kind"]), o["state"]
            if state == "sent" and not arrived[key]:
                self.wrong(f"{key} is called sent and never arrived")
            if state not in ("sent", "unknown"):
                self.wrong(f"{key} rests as {state}: {o['detail']}")
        for key in arrived.keys() - rows.keys():
            self.wrong(f"{key} arrived and nobody wrote it")
        unknown = sum(o["state"] == "unknown" for o in self.outbox)
        if unknown > self.sender_kills:
            self.wrong(f"{unknown} are unknown, though only {self.sender_kills} kills hit the sender")
        return arrived, unknown

    def rests(self):
        if left := queue_left(self.pr):
            self.wrong(f"left in Redis: {left}")
        if self.backlog:
            self.wrong(f"{len(self.backlog)} wait in the spool's new/")

    def sound(self):
        words = self.pr.sql("PRAGMA integrity_check")
        if words != [{"integrity_check": "ok"}]:
            self.wrong(f"the store is damaged: {words}")
        for argv in (["check"], ["reconcile", "--json"]):
            done = self.pr.run(*argv)
            if done.returncode:
                self.wrong(f"postroom {argv[0]} leaves with {done.returncode}: {(done.stdout + done.stderr)[-600:]}")
            if argv[0] == "reconcile":
                tallies = [json.loads(line) for line in done.stdout.splitlines()]
                if sum(t["received"] for t in tallies) != len(self.contacts) + len(self.buried):
                    self.wrong(f"reconcile counts otherwise: {tallies}")
                self.problems += [f"reconcile differs: {t}" for t in tallies if t["difference"]]

    def private(self):
        for path in private_files(self.pr):
            raw = path.read_bytes().lower()
            for secret in SECRETS:
                if secret.lower() in raw:
                    at = raw.index(secret.lower())
                    self.wrong(f"{path.name} holds {secret}: {raw[max(0, at - 120):at + 60]}")


def new_bundles(pr):
    return {p.name: p.read_bytes() for p in (pr.spool / "new").iterdir()} if (pr.spool / "new").exists() else {}


def private_files(pr):
    """Redis' files, and every log but the mail sink's."""
    yield from (p for p in pr.redis_dir.rglob("*") if p.is_file())
    yield from (p for p in pr.logs.iterdir() if not p.name.startswith("smtp-sink"))


def arrivals(pr):
    """(cid, kind) of every message that the mail sink or the SMS gateway took."""
    names = [m.group(1).decode() for raw in pr.sent() if (m := HEADER.search(raw))]
    names += [reference for _, _, reference in pr.gateway.taken]
    return [m.groups() for name in names if (m := MESSAGE_ID.search(name))]


def check(pr, offers, sender_kills=0, at_rest_too=True):
    """Everything that was promised, after the pipeline came to rest. Returns what was counted."""
    o = Oracle(pr, offers, sender_kills)
    o.conserved()
    o.cases()
    arrived, unknown = o.answers()
    if at_rest_too:
        o.rests()
    o.sound()
    o.private()
    if o.problems:
        raise Broken(f"{len(o.problems)} broken promises:\n" + "\n".join(o.problems[:12]))
    return {"accepted": sum(f.accepted for f in offers), "cases": len(o.contacts), "buried": len(o.buried),
            "answers": sum(arrived.values()), "unknown": unknown}


def left_running(pr, seconds=3):
    """Processes that still work in this postroom's folder; a daemon's children must die with it."""
    def found():
        pids = []
        for entry in pathlib.Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and os.readlink(entry / "cwd") == str(pr.dir):
                    pids.append(int(entry.name))
        return pids
    end = time.monotonic() + seconds
    while (pids := found()) and time.monotonic() < end:
        time.sleep(0.05)
    return pids
