#!/usr/bin/python3
"""make run: the whole pipeline on this machine, with a private Redis, SQLite, a Maildir, the web form and a generic SMS
webhook. Feeds tests/data/samples through the real doors and prints what became of them. A daemon that is killed is
started again, as an init system would. Ctrl-C stops it; it starts again where it was.

    dist/run.py BUILD [--once]      --once: stop when the samples are through (for tests)

As root it becomes an ordinary user first (nobody, or the caller of sudo) and works in /var/tmp/postroom-run (or
/var/tmp/postroom-run-UID); otherwise in run/ beside the Makefile. POSTROOM_RUN names another folder.
"""

import contextlib
import fcntl
import http.client
import http.server
import json
import os
import pathlib
import pwd
import re
import secrets
import shutil
import signal
import socket
import socketserver
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
DAEMONS = ("dispatch", "classify", "send", "ingest-web", "ingest-sms", "ingest-email", "console")
PORTS = {"WEB": 8080, "SMS": 8081, "CONSOLE": 8090, "SMTP": 8025, "GATEWAY": 8026}  # or others, if they are taken
RESTARTS = 10  # of one program; more often is no accident
SHOWN = 30     # contacts that the report shows


def become_ordinary(build):
    """As root: copy programs and rules to where an ordinary user can read them, and start again as that user."""
    uid = int(os.environ.get("SUDO_UID", 0)) or pwd.getpwnam("nobody").pw_uid
    gid = int(os.environ.get("SUDO_GID", 0)) or pwd.getpwnam("nobody").pw_gid
    usual = "/var/tmp/postroom-run" + (f"-{uid}" if "SUDO_UID" in os.environ else "")
    folder = pathlib.Path(os.environ.get("POSTROOM_RUN", usual)).absolute()
    app = folder / "app"
    folder.mkdir(parents=True, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid not in (0, uid):
        raise SystemExit(f"{folder} belongs to somebody else; set POSTROOM_RUN to another folder.")
    alone(folder)
    shutil.rmtree(app, ignore_errors=True)
    for part in ("dist/run.py", "rules", "tests/data/samples"):
        (shutil.copytree if (ROOT / part).is_dir() else shutil.copy2)(ROOT / part, mkparent(app / part))
    shutil.copytree(ROOT / build / "bin", app / "build/bin")
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, uid, gid, follow_symlinks=False)
    env = dict(os.environ, POSTROOM_RUN=str(folder), HOME=str(folder))
    os.chdir(folder)
    os.execvpe("setpriv", ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "/usr/bin/python3",
                           str(app / "dist/run.py"), "build", *sys.argv[2:]], env)


def alone(folder):
    """One `make run` a folder. Returns the lock, which ends with this program."""
    lock = open(mkparent(folder / "run.lock"), "a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise SystemExit(f"`make run` is running already in {folder}; POSTROOM_RUN=FOLDER runs another.") from None
    return lock


def mkparent(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def free_port(wanted):
    for port in (wanted, 0):
        with socket.socket() as s, contextlib.suppress(OSError):
            s.bind(("127.0.0.1", port))
            return s.getsockname()[1]
    raise SystemExit("no free port on 127.0.0.1")


class MailSink(socketserver.StreamRequestHandler):
    """Where acknowledgements go here: no mail leaves this machine, each message becomes a file in sent/."""

    def handle(self):
        self.say("220 sink.example ESMTP")
        while line := self.rfile.readline(2048):
            verb = line[:4].upper().strip()
            if verb == b"DATA":
                self.say("354 go on")
                self.take()
                self.say("250 kept in sent/")
            elif verb == b"QUIT":
                return self.say("221 bye")
            else:
                self.say("250 ok")

    def say(self, words):
        self.wfile.write(words.encode() + b"\r\n")

    def take(self):
        lines = []
        while (line := self.rfile.readline(65536)) and line != b".\r\n":
            lines.append(line[1:] if line.startswith(b".") else line)
        self.server.keep(b"".join(lines), "eml")


class SmsSink(http.server.BaseHTTPRequestHandler):
    """The SMS gateway's sending half: each text becomes a file in sent/."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.keep(body, "sms")
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Keeper:
    daemon_threads = True
    allow_reuse_address = True

    def keep(self, data, kind):
        name = f"{time.strftime('%Y%m%dT%H%M%S')}.{secrets.token_hex(4)}.{kind}"
        (self.folder / name).write_bytes(data)


class MailServer(Keeper, socketserver.ThreadingTCPServer):
    pass


class SmsServer(Keeper, http.server.ThreadingHTTPServer):
    pass


class Run:
    def __init__(self, build):
        self.bin = ROOT / build / "bin"
        self.dir = pathlib.Path(os.environ.get("POSTROOM_RUN", ROOT / "run")).absolute() / "state"
        self.processes = []
        self.restarts = {}
        self.lock = self.log = None

    # -- start and stop ----------------------------------------------------------------------------------------

    def setup(self):
        """`postroom setup` once; later runs keep its configuration, keys and contacts."""
        self.lock = alone(self.dir.parent)
        notes = self.dir / "run.json"
        fresh = not notes.exists()
        if fresh:
            shutil.rmtree(self.dir, ignore_errors=True)  # a first run that did not come this far
        self.dir.mkdir(parents=True, exist_ok=True)
        if fresh:
            ports = {name: free_port(port) for name, port in PORTS.items()}
            self.notes = {"socket": f"/tmp/postroom-{secrets.token_hex(4)}.sock", **ports}
            env = dict(os.environ, POSTROOM_REDIS_SOCKET=self.notes["socket"],
                       **{f"POSTROOM_{n}_PORT": str(p) for n, p in ports.items()})
            done = subprocess.run([self.bin / "postroom", "setup", self.dir], env=env, capture_output=True, text=True,
                                  check=False)
            if done.returncode:
                raise SystemExit(done.stderr or done.stdout)
            self.note(password=re.search(r"password '([^']+)'", done.stdout)[1], fed=False)
        self.notes = json.loads(notes.read_text())
        if not fresh:
            self.find_ports()
        (self.dir / "sent").mkdir(exist_ok=True)

    def find_ports(self):
        """Another program may have taken one of our ports since the last run."""
        config = self.dir / "postroom.yaml"
        text = config.read_text()
        for name in (n for n in PORTS if self.listens(self.notes[n])):
            port = free_port(0)
            print(f"Another program has port {self.notes[name]} now; taking {port}.")
            text = re.sub(rf"\b127\.0\.0\.1:{self.notes[name]}\b", f"127.0.0.1:{port}", text)
            self.notes[name] = port
        if text != config.read_text():
            config.write_text(text)
            self.note()

    def note(self, **more):
        self.notes.update(more)
        (self.dir / "run.json").write_text(json.dumps(self.notes))

    def start(self):
        self.log = open(self.dir / "postroom.log", "ab")
        for server, handler, port in ((MailServer, MailSink, "SMTP"), (SmsServer, SmsSink, "GATEWAY")):
            s = server(("127.0.0.1", self.notes[port]), handler)
            s.folder = self.dir / "sent"
            threading.Thread(target=s.serve_forever, daemon=True).start()
        self.spawn("redis-server", self.dir / "redis.conf")
        self.wait(lambda: os.path.exists(self.notes["socket"]), "Redis")
        for daemon in DAEMONS:
            self.spawn(self.bin / f"postroom-{daemon}", "-c", self.dir / "postroom.yaml")
        for port in ("WEB", "SMS", "CONSOLE"):
            self.wait(lambda p=port: self.listens(self.notes[p]), f"port {self.notes[port]}")

    def spawn(self, *argv):
        # A session of its own, so that Ctrl-C reaches only this program; but nothing outlives it.
        argv = [str(a) for a in argv]
        process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", *argv], stdin=subprocess.DEVNULL, stdout=self.log,
                                   stderr=self.log, start_new_session=True)
        self.processes.append((argv, process))

    def wait(self, condition, what, seconds=20):
        end = time.monotonic() + seconds
        while not condition():
            for argv, process in self.processes:
                if process.poll() is not None:
                    self.fail(f"{argv[0]} ended with {process.returncode}")
            if time.monotonic() > end:
                self.fail(f"waited {seconds} s for {what}")
            time.sleep(0.05)

    def fail(self, words):
        tail = (self.dir / "postroom.log").read_text(errors="replace").splitlines()[-15:]
        raise SystemExit("\n".join([*tail, words, f"The whole log: {self.dir}/postroom.log"]))

    def watch(self):
        """What an init system does: a program that ended is started again."""
        for i, (argv, process) in enumerate(self.processes):
            code = process.poll()
            if code is None:
                continue
            name = pathlib.Path(argv[0]).name
            words = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
            self.restarts[name] = self.restarts.get(name, 0) + 1
            if self.restarts[name] > RESTARTS:
                self.fail(f"{name} {words}, and was started again {RESTARTS} times already")
            print(f"{name} {words}; it is started again.", flush=True)
            del self.processes[i]
            self.spawn(*argv)
            return

    @staticmethod
    def listens(port):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", port)) == 0

    def stop(self):
        for _, process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(15)
            if process.poll() is None:
                process.kill()

    # -- the samples, through the doors --------------------------------------------------------------------------

    def feed(self):
        self.note(fed=True)
        samples = ROOT / "tests/data/samples"
        for path in sorted((samples / "email").iterdir()):
            shutil.copyfile(path, self.dir / "mail/tmp" / path.name)
            os.rename(self.dir / "mail/tmp" / path.name, self.dir / "mail/new" / path.name)
        secret = (self.dir / "secrets/sms.secret").read_text().strip()
        for path in sorted((samples / "sms").iterdir()):
            self.request("SMS", "POST", "/hook/sms/text", path.read_bytes(),
                         {"Content-Type": "application/json", "X-Postroom-Secret": secret}, 200)
        for path in sorted((samples / "web").iterdir()):
            page = self.request("WEB", "GET", "/", None, {}, 200)
            token = re.search(r'name="token"[^>]*value="([^"]+)"', page)[1]
            body = urllib.parse.urlencode({"token": token, **json.loads(path.read_text())})
            self.request("WEB", "POST", "/report", body, {"Content-Type": "application/x-www-form-urlencoded"}, 303)
        return sum(1 for p in samples.rglob("*") if p.is_file())

    def request(self, door, method, path, body, headers, expected):
        connection = http.client.HTTPConnection("127.0.0.1", self.notes[door], timeout=20)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        if answer.status != expected:
            self.fail(f"{method} {path} was answered {answer.status}: {text[:300]}")
        return text

    def sql(self, query):
        with contextlib.closing(sqlite3.connect(f"file:{self.dir / 'postroom.db'}?mode=ro", uri=True, timeout=5)) as db:
            db.row_factory = sqlite3.Row
            return db.execute(query).fetchall()

    def settled(self, contacts):
        with contextlib.suppress(sqlite3.OperationalError):
            return (self.sql("SELECT count(*) AS n FROM contact")[0]["n"] >= contacts and
                    not self.sql("SELECT 1 FROM outbox WHERE state IN ('pending', 'sending')"))
        return False

    # -- what became of them -------------------------------------------------------------------------------------

    def report(self):
        names = dict(re.findall(r"- id: (\d+/\d+)\s+name: \{en: (.*?), cy:",
                                (ROOT / "rules/services.yaml").read_text()))
        rows = self.sql("""SELECT c.channel, c.reference, c.lgsl, c.lgil, k.queue, k.team, k.why, c.cid
                           FROM contact c JOIN service_case k ON k.id = c.case_id ORDER BY c.recorded_at, c.channel""")
        if len(rows) > SHOWN:
            print(f"\n{len(rows)} contacts; the last {SHOWN}:")
        acks = {r["cid"]: r for r in self.sql("SELECT * FROM outbox WHERE kind = 'acknowledgement'")}
        print(f"\n{'by':<6} {'reference':<16} what arrived, and what became of it")
        for row in rows[-SHOWN:]:
            service = f"{row['lgsl']}/{row['lgil']}"
            name = names.get(service, "no service found").strip("'\"")
            where = f"to {row['team']}" if row["queue"] == "team" else f"to staff: {row['queue']}"
            ack = acks.get(row["cid"])
            told = f"acknowledged by {ack['channel']} ({ack['lang']}): {ack['state']}" if ack else "not acknowledged"
            words = f"{name} ({service}), {where}; {told}. Why: {row['why'] or '-'}"
            lines = [self.arrived(row["cid"]), *textwrap.wrap(words, 55)]
            print(f"{row['channel']:<6} {row['reference']:<16} {lines[0]}")
            for line in lines[1:]:
                print(f"{'':<23} {line}")

    def arrived(self, cid):
        """The message in a few words: its subject, or else how its text begins."""
        shown = subprocess.run([self.bin / "postroom", "show", cid, "-c", self.dir / "postroom.yaml"],
                               capture_output=True, text=True, errors="replace", check=False).stdout
        said = dict(reversed(re.findall(r"^(subject|text) +(\S.*)$", shown, re.MULTILINE)))
        return '"' + textwrap.shorten(said.get("subject", said.get("text", "")), 53, placeholder=" ...") + '"'

    def addresses(self):
        n, d = self.notes, self.dir
        print(f"""
Try it yourself, with D={d}
  the form     http://127.0.0.1:{n['WEB']}/   (Cymraeg: http://127.0.0.1:{n['WEB']}/cy)
  staff        http://127.0.0.1:{n['CONSOLE']}/   user staff, password {n['password']}
  an e-mail    cp FILE $D/mail/tmp/1 && mv $D/mail/tmp/1 $D/mail/new/
  a text       curl -H "X-Postroom-Secret: $(cat $D/secrets/sms.secret)" \\
                 -d id=1 -d from=07700900123 -d to=60066 -d text='missed bin' \\
                 http://127.0.0.1:{n['SMS']}/hook/sms/text
  the command  export POSTROOM_CONFIG=$D/postroom.yaml
               {self.bin}/postroom status
  what was sent is in $D/sent/, the log is $D/postroom.log
Ctrl-C stops it; `make run` goes on where it was.""", flush=True)


def make_waits():
    """A SIGINT that goes to make alone (Ctrl-C goes to both) does not come here: make lets go of the signal and waits
    for us. True as long as it has not, or if it is not make that started this program."""
    parent = pathlib.Path(f"/proc/{os.getppid()}")
    with contextlib.suppress(OSError, TypeError):
        if (parent / "comm").read_text().strip() == "make":
            caught = re.search(r"^SigCgt:\s*(\w+)", (parent / "status").read_text(), re.MULTILINE)[1]
            return bool(int(caught, 16) >> (signal.SIGINT - 1) & 1)
    return None


def main():
    build = sys.argv[1] if len(sys.argv) > 1 else "build"
    if os.getuid() == 0:
        become_ordinary(build)
    os.umask(0o077)
    run = Run(build)
    stop = threading.Event()
    waited = make_waits()
    for sig in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sig, lambda *_: stop.set())
    run.setup()
    try:
        run.start()
        if not run.notes.get("fed", True):
            contacts = run.feed()
            run.wait(lambda: run.settled(contacts) or stop.is_set(), "the samples to become cases", 60)
        run.report()
        run.addresses()
        while "--once" not in sys.argv and not stop.wait(1) and not (waited and not make_waits()):
            run.watch()
    finally:
        run.stop()
    print("Stopped.")


if __name__ == "__main__":
    main()
