"""What nobody can read: each hostile message ends as a case or before staff as "could not be read", with its raw
bytes in the spool, within 2 s of CPU, and no daemon dies of it. So does what was damaged on the disk."""

import json
import os
import pathlib
import re
import resource
import subprocess

import pytest

from tests.support import flow, hostile
from tests.support.harness import BIN, ROOT, Postroom, mail, wait_for

SHARED = [p for p in (ROOT.parent / "shared/examples/malformed-mail",
                      pathlib.Path(os.environ.get("POSTROOM_SHARED", "/nowhere")) / "examples/malformed-mail")
          if p.is_dir()]
CPU_SECONDS = 2.0
WORKING = ("redis", "smtp-sink", "dispatch", "classify", "send", "ingest-email")


def feed(pr, messages):
    """Every message by the Maildir; (name, problem) of those that ended as neither case nor unreadable."""
    pr.start(*WORKING)
    pids = {name: pr.processes[name].pid for name in WORKING}
    for name, raw in messages.items():
        pr.drop_mail(raw, name=f"1.{name}.test")
    neighbour = flow.word()
    pr.drop_mail(mail(f"A pothole in Mill Lane. {neighbour}", subject="Pothole"))
    wanted = {name: raw for name, raw in messages.items()}
    pr.wait_settled(len(set(wanted.values())) + 1, seconds=90)
    assert flow.case(pr, flow.find(pr, neighbour))["queue"] == "team", "the neighbour goes on"
    for name in WORKING:
        assert pr.alive(name) and pr.processes[name].pid == pids[name], f"{name} died: {pr.log(name)}"
    assert pr.sql("SELECT * FROM buried") == []
    bundles = list(pr.bundles().items())
    for name, raw in wanted.items():
        cids = [cid for cid, bundle in bundles if raw in bundle and f"raw - {len(raw)} ".encode() in bundle]
        assert cids, f"{name}: its raw bytes are not in the spool"
        assert any(flow.case(pr, cid)["queue"] in ("team", "triage", "risk", "unreadable") for cid in cids), name
    done = pr.run("reconcile", "--json")
    assert done.returncode == 0 and all(json.loads(line)["difference"] == 0 for line in done.stdout.splitlines())
    return {r["queue"]: r["n"] for r in pr.sql("SELECT queue, count(*) AS n FROM service_case GROUP BY queue")}


def cpu_of(paths):
    """Seconds of CPU that reading each file takes, its sandbox included."""
    spent = {}
    for path in paths:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([BIN / "postroom", "parse", "--json", path], capture_output=True, timeout=60, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert done.returncode in (0, 111), (path, done.stderr)
        assert len(done.stdout.splitlines()) == 1 and json.loads(done.stdout)["file"]
        spent[path.name] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent


def check_cpu(paths):
    spent = cpu_of(paths)
    worst = max(spent, key=spent.get)
    print(f"{len(spent)} messages, the slowest {worst} with {spent[worst]:.2f} s of CPU")
    assert spent[worst] < CPU_SECONDS, sorted(spent.items(), key=lambda s: -s[1])[:5]


def test_our_hostile_messages(tmp_path):
    with Postroom(tmp_path / "pr") as pr:
        print(feed(pr, hostile.messages()))


def test_our_hostile_messages_take_little_cpu(tmp_path):
    for name, raw in hostile.messages().items():
        (tmp_path / name).write_bytes(raw)
    check_cpu(sorted(tmp_path.iterdir()))


@pytest.mark.skipif(not SHARED, reason="no ../shared/examples/malformed-mail beside this checkout")
def test_malformed_mail_of_the_examples(tmp_path):
    files = sorted(SHARED[0].glob("*.eml"))
    assert files
    with Postroom(tmp_path / "pr") as pr:
        print(feed(pr, {p.name: p.read_bytes() for p in files}))
    check_cpu(files)


# -- damaged on the disk ---------------------------------------------------------------------------------------------

BUNDLE_DAMAGES = {
    "half": lambda raw: raw[:len(raw) // 2],
    "without END": lambda raw: raw[:-4],
    "empty": lambda raw: b"",
    "zeros": lambda raw: b"\0" * len(raw),
    "a changed byte": lambda raw: raw.replace(b"pothole", b"pothohe"),
    "unknown bundle version": lambda raw: raw.replace(b"bundle 1\n", b"bundle 9\n", 1),
    "unknown contact version": lambda raw: raw.replace(b"version 1\n1\n", b"version 1\n7\n", 1),
}
SIDECAR_DAMAGES = {
    "half": lambda raw: raw[:len(raw) // 2],
    "garbage": lambda raw: b"\xff" * 100,
    "empty": lambda raw: b"",
    "unknown contact version": lambda raw: raw.replace(b"version 1\n1\n", b"version 1\n7\n", 1),
}


def stored(pr):
    """A contact in the spool that nobody has read yet: (cid, its bundle)."""
    token = flow.word()
    assert pr.step("ingest-email", "--stdin", stdin=mail(f"A pothole in Mill Lane. {token}")) == 0
    cid = flow.cids_of(pr, token)[0]
    return cid, pr.spool / cid[:2] / cid


def rewrite(path, damage):
    """Both links are one file: its bytes change in place."""
    before = path.read_bytes()
    assert damage(before) != before
    path.chmod(0o600)
    path.write_bytes(damage(before))


def test_damaged_bundles_are_put_before_staff(tmp_path):
    with Postroom(tmp_path) as pr:
        damaged = {name: stored(pr) for name in BUNDLE_DAMAGES}
        sound, _ = stored(pr)
        for name, (_, path) in damaged.items():
            rewrite(path, BUNDLE_DAMAGES[name])
        pr.start("redis", "dispatch", "classify")
        wait_for(lambda: flow.row(pr, sound), what=lambda: flow.logs(pr))
        wait_for(lambda: len(pr.sql("SELECT * FROM buried")) == len(damaged), what=lambda: flow.logs(pr))
        for name, (cid, path) in damaged.items():
            assert pr.sql("SELECT reason FROM buried WHERE cid = ?", cid)[0]["reason"], name
            assert path.exists() and cid in pr.waiting(), f"{name}: what is left of it stays"
        assert pr.alive("classify") and pr.alive("dispatch")
        assert pr.run("reconcile").returncode == 0
        for name, (cid, _) in damaged.items():
            shown = pr.run("show", cid)
            assert shown.returncode == 100 and cid.encode() in shown.stderr, (name, shown)


def test_damaged_sidecars_are_made_again(tmp_path):
    with Postroom(tmp_path) as pr:
        pr.start("redis", "classify")
        contacts = {name: stored(pr) for name in SIDECAR_DAMAGES}
        wait_for(lambda: pr.redis("XLEN", "pr:classified:email") == str(len(contacts)), what=lambda: flow.logs(pr))
        pr.stop("classify")
        for name, (cid, path) in contacts.items():
            sidecars = [p for p in path.parent.iterdir() if p.name.startswith(cid) and p != path]
            assert len(sidecars) == 1, sidecars
            rewrite(sidecars[0], SIDECAR_DAMAGES[name])
        pr.start("classify", "dispatch")
        for name, (cid, _) in contacts.items():
            wait_for(lambda c=cid: flow.row(pr, c), what=lambda n=name: f"{n}: {flow.logs(pr)}")
            assert flow.case(pr, cid)["queue"] in ("team", "triage")
            assert re.search(f"{cid}.*sidecar_unusable", pr.log("dispatch", 100000)), name
