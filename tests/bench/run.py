#!/usr/bin/python3
"""How fast postroom is, and how fast it could be on this disk at the most.

    tests/bench/run.py BUILD [--quick] [--runs N] [--contacts N] [--classify N] [--only NAME]...

NAME is floor, email, web, latency, command or rules; --classify is how many instances of postroom-classify run (1).

Prints `name value unit` lines, medians of the runs with their least and greatest, and writes them to
BUILD/bench.json. Everything is durable as in production: bundles are fsynced, Redis has `appendfsync always`,
SQLite is in WAL mode with synchronous=FULL. docs/PERFORMANCE.md says what each figure is. Servers refuse to run as
root: as root everything runs as `nobody`, in a folder below /var/tmp.
"""

import argparse
import contextlib
import hashlib
import json
import os
import pathlib
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench.letters import Letter  # noqa: E402
from tests.support.harness import Postroom, wait_for  # noqa: E402
from tests.support.ordinary import as_ordinary_user  # noqa: E402

TEXT_BYTES = 1750  # makes mails of 3 KB and forms of 2.3 KB
CONNECTIONS = 32
LATENCY_RATE = 50
SECONDS = 300  # until a run is given up
# The harness is made for faults and has short timers; here are production's own.
SETTINGS = {"queue": {"claim_after": "60s"}, "dispatch": {"sweep_every": "60s", "sweep_min_age": "5s"},
            "send": {"poll": "1s", "smtp_timeout": "120s", "lease": "15m"}}
HZ = os.sysconf("SC_CLK_TCK")


class Bench:
    def __init__(self, options):
        self.options = options
        self.build = pathlib.Path(options.build).resolve()
        self.runs = {}   # name -> values
        self.units = {}
        self.number = 0
        # On a disk (/tmp may be memory), and deleted when all is over: ext4 steps slowly around inodes that were
        # deleted within the last seconds, and a run would pay for the files of the one before it.
        self.folder = tempfile.TemporaryDirectory(prefix="postroom-bench-", dir=os.environ.get("TMPDIR", "/var/tmp"))

    def note(self, name, value, unit):
        self.runs.setdefault(name, []).append(value)
        self.units[name] = unit

    @contextlib.contextmanager
    def postroom(self, *programs):
        instances = [f"classify-{i}" for i in range(2, self.options.classify + 1)] if "classify" in programs else []
        with Postroom(self.new_folder(), settings=SETTINGS, programs=self.build / "bin") as pr:
            pr.start("redis", *programs, *instances)
            for name in {*programs, *instances} - {"smtp-sink"}:
                wait_for(lambda n=name: "event=ready" in pr.log(n), what=f"{name} to be ready")
            yield pr

    def new_folder(self):
        self.number += 1
        return pathlib.Path(self.folder.name, str(self.number))

    def letters(self, n):
        return [Letter(f"r{self.number}", i, TEXT_BYTES) for i in range(n)]

    # -- throughput ------------------------------------------------------------------------------------------

    def email(self, sending):
        """A full Maildir; the clock runs from the start of the ingest daemon to the last row."""
        programs = ["classify", "dispatch", *(["smtp-sink", "send"] if sending else [])]
        with self.postroom(*programs) as pr:
            for letter in self.letters(self.options.contacts):
                pr.drop_mail(letter.mail())
            watch = Watch(pr)
            begin, cpu = time.monotonic(), cpu_seconds(pr)
            pr.start("ingest-email")
            watch.wait_rows(self.options.contacts)
            seconds = time.monotonic() - begin
            name = "door_to_case_email" + ("_while_sending" if sending else "")
            self.note(f"{name}_per_second", self.options.contacts / seconds, "1/s")
            self.note_cpu(name, pr, cpu)

    def web(self, sending):
        """32 browsers that have their forms already; from the first POST to the last row."""
        programs = ["classify", "dispatch", "ingest-web", *(["smtp-sink", "send"] if sending else [])]
        with self.postroom(*programs) as pr:
            watch = Watch(pr)
            cpu = cpu_seconds(pr)
            posts = self.post(pr, self.options.contacts, 0)
            end = watch.wait_rows(self.options.contacts)
            seconds = (end - min(p[0] for p in posts)) / 1e9
            name = "door_to_case_web" + ("_while_sending" if sending else "")
            self.note(f"{name}_per_second", len(posts) / seconds, "1/s")
            if not sending:
                answers = sorted((p[1] - p[0]) / 1e6 for p in posts)
                self.note("web_answer_busy_p50_ms", percentile(answers, 50), "ms")
                self.note("web_answer_busy_p99_ms", percentile(answers, 99), "ms")
            self.note_cpu(name, pr, cpu)

    def post(self, pr, n, rate, started=None):
        """[(sent ns, answered ns, reference)] of n reports."""
        path = pr.dir / "reports"
        with open(path, "wb") as f:
            for letter in self.letters(n):
                body = letter.form()
                f.write(b"%d\n%s" % (len(body), body))
        argv = [self.build / "tests/post", pr.web_port, CONNECTIONS, rate, path]
        with subprocess.Popen([str(a) for a in argv], stdout=subprocess.PIPE, text=True) as process:
            if started:
                started()
            lines = [line.split() for line in process.stdout]
        if process.returncode or any(line[2] != "303" for line in lines):
            sys.exit(f"bench: posts were refused: {lines[:2]} {pr.log('ingest-web')}")
        return [(int(sent), int(answered), reference) for sent, answered, _, reference in lines]

    def note_cpu(self, name, pr, before):
        """What each process used for a contact, its children included: where the time goes."""
        for program, used in cpu_seconds(pr).items():
            used -= before.get(program, 0)
            self.note(f"{name}_cpu_{program.replace('-', '_')}_ms", used / self.options.contacts * 1e3, "ms")

    # -- latency ---------------------------------------------------------------------------------------------

    def latency(self):
        """50 a second; from the delivery (rename, or POST sent) to the moment a reader of the store sees the row."""
        n = self.options.latency
        with self.postroom("classify", "dispatch", "smtp-sink", "send", "ingest-email") as pr:
            watch, sent = Watch(pr), {}
            begin = time.time() + 0.1
            for i, letter in enumerate(self.letters(n)):
                raw = letter.mail()
                watch.look_until(begin + i / LATENCY_RATE)
                sent[cid_of_mail("enquiries", raw)] = time.time_ns()
                pr.drop_mail(raw)
            watch.wait_rows(n)
            self.note_latency("door_to_case", [watch.seen[cid][0] - at for cid, at in sent.items()])
        with self.postroom("classify", "dispatch", "smtp-sink", "send", "ingest-web") as pr:
            watch = Watch(pr)
            posts = self.post(pr, n, LATENCY_RATE, lambda: watch.wait_rows(n))
            seen = {reference: at for at, reference in watch.seen.values()}
            self.note_latency("door_to_case_web", [seen[reference] - at for at, _, reference in posts])
            self.note_latency("web_answer", [answered - at for at, answered, _ in posts])

    def note_latency(self, name, nanoseconds):
        ms = sorted(ns / 1e6 for ns in nanoseconds)
        for p in (50, 99):
            self.note(f"{name}_p{p}_ms", percentile(ms, p), "ms")

    # -- floor and command -----------------------------------------------------------------------------------

    def floor(self):
        with self.postroom() as pr:
            mail, folder = pr.dir / "floor.eml", pr.dir / "floor"
            mail.write_bytes(Letter("floor", 0, TEXT_BYTES).mail())
            folder.mkdir()
            n = self.options.floor
            argv = [self.build / "tests/floor", folder, pr.redis_socket, n, mail]
            out = subprocess.run([str(a) for a in argv], stdout=subprocess.PIPE, text=True, check=True).stdout
            parts = {name: float(seconds) / n for name, seconds in (line.split() for line in out.splitlines())}
        for name, seconds in parts.items():
            self.note(f"floor_{name}_ms", seconds * 1e3, "ms")
        self.note("floor_per_second", 1 / sum(parts.values()), "1/s")

    def command(self):
        """The classifier alone (one process), and the sandboxed reader (one zygote, two children at a time)."""
        letters = self.letters(self.options.command)
        folder = self.new_folder()
        folder.mkdir()
        rows = [json.dumps({"id": x.id, "channel": "email", "from": x.address, "from_name": x.name,
                            "subject": x.subject, "text": x.text}) for x in letters]
        for name, lines in (("all", rows), ("one", rows[:1])):
            (folder / name).write_text("\n".join(lines) + "\n")
        argv = ["classify", "--json", "--rules", ROOT / "rules"]
        seconds = self.timed(*argv, folder / "all") - self.timed(*argv, folder / "one")
        self.note("classify_per_second", (len(rows) - 1) / seconds, "1/s")
        files = [folder / f"{i}.eml" for i in range(len(letters))]
        for path, letter in zip(files, letters):
            path.write_bytes(letter.mail())
        seconds = self.timed("parse", "--json", *files) - self.timed("parse", "--json", files[0])
        self.note("parse_per_second", (len(files) - 1) / seconds, "1/s")

    def rules(self):
        """The rules alone, on one core: against a regex for each phrase, five times as many, hostile messages."""
        files = sorted((ROOT / "tests/rules").glob("*.tsv"))
        argv = [self.build / "tests/rules_bench", ROOT / "rules", *files]
        out = subprocess.run([str(a) for a in argv], stdout=subprocess.PIPE, text=True, check=True).stdout
        for line in out.splitlines():
            name, value, unit = line.split()
            self.note(name, float(value), unit)

    def timed(self, *argv):
        begin = time.monotonic()
        subprocess.run([str(self.build / "bin/postroom"), *map(str, argv)], stdout=subprocess.DEVNULL, check=True)
        return time.monotonic() - begin

    # -- all of it -------------------------------------------------------------------------------------------

    PARTS = {"floor": floor, "email": email, "web": web, "latency": latency, "command": command,
             "rules": rules}

    def measure(self):
        for _ in range(self.options.runs):
            for name in self.options.only or self.PARTS:
                if name in ("email", "web"):
                    self.PARTS[name](self, False)
                    self.PARTS[name](self, True)
                else:
                    self.PARTS[name](self)

    def figures(self):
        """(name, value, unit): the medians, then the ratios, then the spread."""
        medians = {name: statistics.median(values) for name, values in self.runs.items()}
        for name, value in medians.items():
            yield name, value, self.units[name]
        for door in ("email", "web"):
            with contextlib.suppress(KeyError):
                yield (f"door_to_case_{door}_to_floor",
                       medians[f"door_to_case_{door}_per_second"] / medians["floor_per_second"], "ratio")
        for name, values in self.runs.items():
            if len(values) > 1 and "_cpu_" not in name:
                yield f"{name}_least", min(values), self.units[name]
                yield f"{name}_greatest", max(values), self.units[name]


class Watch:
    """A reader of the store that notes when it first sees each row."""

    def __init__(self, pr):
        self.pr, self.last, self.seen = pr, 0, {}
        wait_for(pr.db.exists, what="the store")
        self.db = sqlite3.connect(f"file:{pr.db}?mode=rw", uri=True, timeout=10)
        self.db.execute("PRAGMA query_only = on")

    def look(self):
        try:
            rows = self.db.execute("SELECT rowid, cid, reference FROM contact WHERE rowid > ? ORDER BY rowid",
                                   (self.last,)).fetchall()
        except sqlite3.OperationalError:  # not migrated yet
            return
        now = time.time_ns()
        for self.last, cid, reference in rows:
            self.seen[cid] = (now, reference)

    def look_until(self, end):
        self.look()
        while time.time() < end:
            time.sleep(0.001)
            self.look()

    def wait_rows(self, n):
        """ns since 1970 when there were n rows."""
        end = time.monotonic() + SECONDS
        while len(self.seen) < n:
            if time.monotonic() > end:
                logs = "\n".join(f"--- {name}\n{self.pr.log(name, 800)}" for name in self.pr.processes)
                sys.exit(f"bench: {len(self.seen)} of {n} contacts after {SECONDS} s\n{logs}")
            time.sleep(0.002)
            self.look()
        return max(at for at, _ in self.seen.values())


def cid_of_mail(account, raw):
    """As in include/postroom/cid.h: how a delivered mail is known again in the store."""
    digest = hashlib.sha256()
    for field in (b"email", account.encode(), raw):
        digest.update(len(field).to_bytes(8, "big") + field)
    return digest.hexdigest()[:32]


def percentile(ordered, p):
    return ordered[min(len(ordered) - 1, len(ordered) * p // 100)]


def children_of(pid):
    with contextlib.suppress(OSError):
        return [int(c) for c in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def cpu_seconds(pr):
    """User and system time of each program: its own, its children's that ended, its zygote's."""
    used = {}
    for name, process in pr.processes.items():
        for pid in [process.pid, *children_of(process.pid)]:
            with contextlib.suppress(OSError):
                fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                used[name] = used.get(name, 0) + sum(int(x) for x in fields[11:15]) / HZ
    return used


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("build")
    parser.add_argument("--quick", action="store_true", help="fewer contacts, one run")
    parser.add_argument("--runs", type=int, help="how often (3)")
    parser.add_argument("--contacts", type=int, help="a throughput run (5000)")
    parser.add_argument("--classify", type=int, default=1, help="instances of postroom-classify (1)")
    parser.add_argument("--only", action="append", choices=Bench.PARTS)
    options = parser.parse_args()
    quick = options.quick
    options.runs = options.runs or (1 if quick else 3)
    options.contacts = options.contacts or (1000 if quick else 5000)
    options.floor = 200 if quick else 500
    options.latency = 200 if quick else 500
    options.command = 1000 if quick else 4000
    return options


def write_json(path, lines):
    words = [line.split() for line in lines]
    figures = {name: float(value) for name, value, _ in words}
    figures["units"] = {name: unit for name, _, unit in words}
    path.write_text(json.dumps(figures, indent=1) + "\n")


def main():
    options = arguments()
    path, told = pathlib.Path(options.build, "bench.json"), []

    def tell(line):
        told.append(line)
        write_json(path, told)

    as_ordinary_user(__file__, "/var/tmp", tell)
    bench = Bench(options)
    bench.measure()
    lines = [f"{name} {value:.4g} {unit}" for name, value, unit in bench.figures()]
    print("\n".join(lines), flush=True)
    with contextlib.suppress(PermissionError):  # started by root, who writes it
        write_json(path, lines)


if __name__ == "__main__":
    main()
