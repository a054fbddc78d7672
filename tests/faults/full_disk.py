"""One run of F10, inside namespaces of its own: PART's folder is a small tmpfs, which is filled and emptied again.

    full_disk.py PART FOLDER SEED LEVELS       prints one JSON line of what was counted

PART is spool, spool-enospc (no reserve: the write itself fails), redis or store. test_f10_full.py makes the
namespaces; this file is not a test by itself. LEVELS: how often the disk is filled, each time a little less.
"""

import json
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from tests.faults import oracle  # noqa: E402
from tests.faults.citizens import Citizens  # noqa: E402
from tests.support.harness import Postroom, wait_for  # noqa: E402

RUNNING = ("redis", "smtp-sink", "dispatch", "classify", "send", "ingest-email", "ingest-sms", "ingest-web")
LEFT_FREE = (0, 4096, 65536)
CHANNELS = ("email", "web", "sms")
PATIENCE = 1.2


def fill(disk, leave):
    """A file that takes everything but `leave` bytes."""
    stat = os.statvfs(disk)
    size = stat.f_bavail * stat.f_frsize - leave
    with open(disk / "filler", "wb") as file:
        if size > 0:
            os.posix_fallocate(file.fileno(), 0, size)


def ask_each(pr, citizens):
    """One try at each door, in the moment of need: {channel: (offer, yes, words)}."""
    said = {}
    for channel in CHANNELS:
        offer = citizens.offer(channel)
        if channel == "email":
            citizens.send(offer)
            continue
        if channel == "web":
            status, headers, _ = citizens.form_post(offer)
            words = headers.get("Retry-After", "")
        else:
            status, words = citizens.text_post(offer)
        offer.accepted = status in (200, 303)
        said[channel] = (offer, status, words)
    time.sleep(PATIENCE)
    citizens.note_mail()
    said["email"] = next((o, o.accepted, "") for o in reversed(citizens.offers) if o.channel == "email")
    return said


def must_refuse(said):
    assert not said["email"][1], "a mail was taken though the disk is full"
    assert said["web"][1] == 503 and said["web"][2], f"the form said {said['web'][1:]}"
    assert said["sms"][1] == 503, f"the webhook said {said['sms'][1:]}"


def must_accept(said):
    assert said["email"][1] and said["web"][1] == 303 and said["sms"][1] == 200, \
        f"intake must not care: {[s[1:] for s in said.values()]}"


def try_again(citizens, said):
    """A browser's user presses the button of the same page again; a gateway repeats its webhook."""
    for channel in ("web", "sms"):
        offer = said[channel][0]
        if not offer.accepted:
            citizens.until_yes(offer, citizens.once(offer))


def one_level(pr, citizens, part, disk, leave):
    for channel in CHANNELS:
        citizens.send(citizens.offer(channel))
    oracle.settle(pr, citizens)
    fill(disk, leave)
    said = ask_each(pr, citizens)
    if part == "spool" or (part == "spool-enospc" and leave == 0):
        must_refuse(said)
    elif part != "spool-enospc":
        must_accept(said)
    (disk / "filler").unlink()
    if not pr.alive("redis"):
        pr.start("redis")
    try_again(citizens, said)
    oracle.settle(pr, citizens, 90)
    return [said[c][1] for c in CHANNELS]


def run(part, folder, seed, levels):
    name = part.split("-")[0]
    disk = folder / name
    settings = {"spool": {"min_free": 0 if part == "spool-enospc" else "1M"}}
    with Postroom(folder, settings=settings, store=f"sqlite:{folder}/store/store.db") as pr:
        pr.db = folder / "store/store.db"
        pr.db.parent.mkdir(exist_ok=True)
        pr.start(*RUNNING)
        wait_for(pr.db.exists)
        citizens = Citizens(pr, seed)
        answers = [one_level(pr, citizens, part, disk, leave) for leave in LEFT_FREE[:levels]]
        counts = oracle.check(pr, citizens.offers)
        assert counts["accepted"] == len(citizens.offers)
        return {"doors": answers, **counts}


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], pathlib.Path(sys.argv[2]), *map(int, sys.argv[3:]))))
