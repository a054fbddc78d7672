"""A private postroom for a test: its own Redis, spool, store, Maildir, doors and mail sink, in one folder.

    with Postroom(tmp_path) as pr:
        pr.start("redis", "smtp-sink", "classify", "dispatch", "send", "ingest-email")
        pr.drop_mail(mail(body="missed bin"))
        pr.wait_settled()
        pr.cases()

Everything is real: redis-server on a Unix socket, Postfix's smtp-sink, the programs as they are shipped. Timers are
short, so that a run with a thousand kills ends soon. Whatever was started is stopped by its pid.
"""

import contextlib
import email.message
import email.utils
import http.client
import os
import pathlib
import re
import secrets
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
import urllib.parse
import uuid

from tests.support.sms_gateway import SmsGateway

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("POSTROOM_BIN", ROOT / "build/bin"))
DAEMONS = ("ingest-email", "ingest-sms", "ingest-web", "classify", "dispatch", "send", "console")
CHANNELS = ("email", "sms", "web")
SMS_SECRET = "sms-door-secret"
STAFF_PASSWORD = "a long staff password"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(condition, seconds=20, step=0.02, what="the condition"):
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain for {what() if callable(what) else what}")
        time.sleep(step)


def listens(port):
    with socket.socket() as s:
        s.settimeout(0.2)
        return s.connect_ex(("127.0.0.1", port)) == 0


def mail(body="The bin was not emptied.", subject="Missed bin", sender="Alex Jones <alex@example.org>",
         to="contact@council.example", headers=(), **more):
    m = email.message.EmailMessage()
    m["From"] = sender
    m["To"] = to
    m["Subject"] = subject
    m["Date"] = email.utils.formatdate()
    m["Message-ID"] = f"<{uuid.uuid4().hex}@example.org>"
    for name, value in [*dict(headers).items(), *more.items()]:
        m[name] = value
    m.set_content(body)
    return m.as_bytes()


def redis_reply(file):
    line = file.readline()
    kind, rest = line[:1], line[1:-2]
    if kind == b":":
        return int(rest)
    if kind == b"$":
        return file.read(int(rest) + 2)[:-2] if int(rest) >= 0 else None
    if kind == b"*":
        return [redis_reply(file) for _ in range(int(rest))]
    return rest if kind == b"+" else None


class Postroom:
    def __init__(self, folder, store=None, settings=None, rules=None, programs=None):
        self.dir = pathlib.Path(folder)
        self.bin = pathlib.Path(programs or BIN)
        self.gateway = SmsGateway()
        self.dir.mkdir(parents=True, exist_ok=True)
        self.processes = {}
        self.spool = self.dir / "spool"
        self.maildir = self.dir / "maildir"
        self.redis_dir = self.dir / "redis"
        self.sink_dir = self.dir / "sent"
        self.logs = self.dir / "log"
        self.db = self.dir / "store.db"
        self.store = store or f"sqlite:{self.db}"
        # A Unix socket's path is at most 107 bytes, and pytest's folders are long.
        self.redis_socket = f"/tmp/pr-{secrets.token_hex(6)}.sock"
        self.web_port, self.sms_port, self.console_port, self.smtp_port = (free_port() for _ in range(4))
        for d in (self.spool, self.redis_dir, self.sink_dir, self.logs, self.dir / "secrets"):
            d.mkdir(exist_ok=True)
        # One cache of compiled patterns for all: a second a test otherwise.
        cache = pathlib.Path(tempfile.gettempdir(), f"postroom-rules-cache-{os.getuid()}")
        cache.mkdir(mode=0o700, exist_ok=True)
        if not (self.spool / "rules-cache").is_symlink():
            (self.spool / "rules-cache").symlink_to(cache)
        for d in ("new", "cur", "tmp"):
            (self.maildir / d).mkdir(parents=True, exist_ok=True)
        self.rules = rules or ROOT / "rules"
        self.config = self.dir / "postroom.yaml"
        self.write_config(settings or {})

    # -- configuration ---------------------------------------------------------------------------------------

    def secret(self, name, value):
        path = self.dir / "secrets" / name
        path.write_text(value + "\n")
        path.chmod(0o600)
        return path

    def sections(self):
        return {
            "council": {"name": "Example Borough Council", "prefix": "EXA",
                        "instance_key": self.secret("instance.key", "0123456789abcdef" * 4),
                        "rules": self.rules, "email": "contact@council.example",
                        "duty_email": "duty@council.example"},
            "spool": {"dir": self.spool, "min_free": "1M"},
            "queue": {"socket": self.redis_socket, "claim_after": "1s"},
            "store": {"url": self.store},
            "mailboxes": [{"name": "enquiries", "type": "maildir", "path": self.maildir, "poll": "200ms"}],
            "sms": [{"name": "text", "provider": "webhook", "webhook_secret": self.secret("sms", SMS_SECRET),
                     "send_url": self.gateway.url}],
            "web": {"listen": f"127.0.0.1:{self.web_port}"},
            "webhooks": {"listen": f"127.0.0.1:{self.sms_port}"},
            "dispatch": {"sweep_every": "1s", "sweep_min_age": "1s", "acks_per_day": 1000},
            "send": {"smtp_url": f"smtp://127.0.0.1:{self.smtp_port}", "smtp_tls": "none", "poll": "50ms",
                     "smtp_timeout": "2s", "lease": "3s"},
        }

    def write_config(self, settings):
        """settings: {"send": {"lease": "1s"}, "sms": [...]} laid over the usual ones."""
        sections = self.sections()
        for name, value in settings.items():
            if isinstance(value, dict):
                sections.setdefault(name, {}).update(value)
            else:
                sections[name] = value
        lines = []
        for name, value in sections.items():
            lines.append(f"{name}:")
            for entry in value if isinstance(value, list) else [value]:
                mark = "  - " if isinstance(value, list) else "  "
                for key, v in entry.items():
                    lines.append(f"{mark}{key}: {self.scalar(v)}")
                    mark = "    " if isinstance(value, list) else "  "
        self.config.write_text("\n".join(lines) + "\n")

    @staticmethod
    def scalar(v):
        if isinstance(v, (list, tuple)):
            return "[" + ", ".join(Postroom.scalar(x) for x in v) + "]"
        if isinstance(v, bool):
            return "yes" if v else "no"
        if isinstance(v, int) or re.fullmatch(r"\d+(ms|s|m|h|d|K|M|G)", str(v)):
            return str(v)
        return "'" + str(v).replace("'", "''") + "'"

    # -- processes -------------------------------------------------------------------------------------------

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop_all()
        self.gateway.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.redis_socket)

    def spawn(self, name, argv, **more):
        log = open(self.logs / f"{name}.log", "ab")
        with log:
            self.processes[name] = subprocess.Popen([str(a) for a in argv], stdout=log, stderr=log,
                                                    stdin=subprocess.DEVNULL, cwd=self.dir, **more)
        return self.processes[name]

    def start(self, *names):
        for name in names:
            if name == "redis":
                self.start_redis()
            elif name == "smtp-sink":
                self.start_smtp_sink()
            else:
                base = re.sub(r"-\d+$", "", name)
                instance = name[len(base) + 1:] or "1"
                self.spawn(name, [self.bin / f"postroom-{base}", "-c", self.config, "--instance", instance])
        for name, port in (("ingest-web", self.web_port), ("ingest-sms", self.sms_port),
                           ("console", self.console_port)):
            if name in names:
                wait_for(lambda n=name, p=port: self.must_live(n) and listens(p), step=0.005,
                         what=lambda n=name: f"{n} to listen: {self.log(n)}")

    def start_redis(self):
        conf = self.dir / "redis.conf"
        conf.write_text(f"port 0\nunixsocket {self.redis_socket}\nunixsocketperm 700\ndir {self.redis_dir}\n"
                        "daemonize no\nsave \"\"\nappendonly yes\nappendfsync always\n"
                        "no-appendfsync-on-rewrite no\nmaxmemory-policy noeviction\nloglevel warning\n")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.redis_socket)
        self.spawn("redis", ["redis-server", conf])
        wait_for(self.redis_answers, what=lambda: f"Redis: {self.log('redis')}", step=0.005)

    def redis_answers(self):
        with socket.socket(socket.AF_UNIX) as s, contextlib.suppress(OSError):
            s.connect(self.redis_socket)
            s.sendall(b"PING\r\n")
            return s.recv(64).startswith(b"+PONG")
        return False

    def start_smtp_sink(self):
        """Postfix's smtp-sink: one file a transaction in sent/."""
        program = next(p for p in ("/usr/sbin/smtp-sink", "/usr/lib/postfix/sbin/smtp-sink") if os.path.exists(p))
        self.spawn("smtp-sink", [program, "-d", f"{self.sink_dir}/m.", f"127.0.0.1:{self.smtp_port}", "256"])
        wait_for(lambda: listens(self.smtp_port), what="smtp-sink")

    def must_live(self, name):
        assert self.alive(name), f"{name} ended: {self.log(name)}"
        return True

    def alive(self, name):
        return name in self.processes and self.processes[name].poll() is None

    def stop(self, name, how=signal.SIGTERM, seconds=15):
        process = self.processes.pop(name, None)
        if process is None:
            return None
        if process.poll() is None:
            process.send_signal(how)
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"{name} did not stop: {self.log(name)}") from None

    def kill(self, name):
        return self.stop(name, signal.SIGKILL)

    def stop_all(self):
        for name in reversed(list(self.processes)):
            with contextlib.suppress(AssertionError):
                self.stop(name)

    def step(self, name, *argv, wrap=(), stdin=b"", seconds=60):
        """One step of a daemon (-1), perhaps under another program such as strace; its exit status."""
        with open(self.logs / f"{name}.log", "ab") as log:
            return subprocess.run([str(a) for a in (*wrap, self.bin / f"postroom-{name}", "-c", self.config, *argv)],
                                  input=stdin, stdout=log, stderr=log, cwd=self.dir, timeout=seconds,
                                  check=False).returncode

    def run(self, *argv, stdin=None, program="postroom", check=False, seconds=60):
        """The command (or another program) to its end."""
        env = dict(os.environ, POSTROOM_CONFIG=str(self.config))
        return subprocess.run([self.bin / program, *map(str, argv)], input=stdin, capture_output=True, env=env,
                              cwd=self.dir, timeout=seconds, check=check)

    def log(self, name, last=3000):
        path = self.logs / f"{name}.log"
        return path.read_text(errors="replace")[-last:] if path.exists() else ""

    def redis(self, *command):
        done = subprocess.run(["redis-cli", "-s", self.redis_socket, *map(str, command)], capture_output=True,
                              text=True, check=False)
        return done.stdout.strip()

    def redis_call(self, *command):
        """As redis(), without a process for it: the reply as numbers, bytes and lists; an error or no Redis is None."""
        with socket.socket(socket.AF_UNIX) as s, contextlib.suppress(OSError):
            s.connect(self.redis_socket)
            words = [str(c).encode() for c in command]
            s.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
            with s.makefile("rb") as answer:
                return redis_reply(answer)
        return None

    # -- the three doors -------------------------------------------------------------------------------------

    def drop_mail(self, raw, name=None):
        """As an MTA delivers into a Maildir: whole, by rename."""
        name = name or f"{time.time_ns()}.{secrets.token_hex(6)}.test"
        tmp = self.maildir / "tmp" / name
        tmp.write_bytes(raw)
        tmp.rename(self.maildir / "new" / name)
        return name

    def http(self, port, method, path, body=None, headers=None, seconds=30):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def form_token(self, path="/"):
        status, _, page = self.http(self.web_port, "GET", path)
        assert status == 200, (status, page[:500])
        return re.search(rb'name="token"[^>]*value="([^"]+)"', page).group(1).decode()

    def post_form(self, message, token=None, **fields):
        """The status and Location of the answer; 303 means that postroom has it."""
        fields = {"token": token or self.form_token(), "message": message, **fields}
        status, headers, page = self.http(
            self.web_port, "POST", "/report", urllib.parse.urlencode(fields),
            {"Content-Type": "application/x-www-form-urlencoded"})
        return status, headers.get("Location", ""), page

    def post_sms(self, text, sender="+447700900123", provider_id=None, account="text", to="60066"):
        body = urllib.parse.urlencode({"id": provider_id or uuid.uuid4().hex, "from": sender, "to": to, "text": text})
        status, _, answer = self.http(
            self.sms_port, "POST", f"/hook/sms/{account}", body,
            {"Content-Type": "application/x-www-form-urlencoded", "X-Postroom-Secret": SMS_SECRET})
        return status, answer

    # -- what became of it -----------------------------------------------------------------------------------

    def sql(self, query, *parameters):
        if not self.db.exists():
            return []
        with contextlib.closing(sqlite3.connect(f"file:{self.db}?mode=rw", uri=True, timeout=10)) as db:
            db.execute("PRAGMA query_only = on")
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute(query, parameters)]

    def contacts(self):
        return self.sql("SELECT * FROM contact ORDER BY recorded_at, cid")

    def outbox(self):
        return self.sql("SELECT * FROM outbox ORDER BY id")

    def bundles(self):
        """cid -> the bundle's bytes, for every bundle in the spool."""
        return {p.name: p.read_bytes() for d in self.spool.glob("[0-9a-f][0-9a-f]") for p in d.iterdir()
                if re.fullmatch("[0-9a-f]{32}", p.name)}

    def waiting(self):
        return [p.name for p in (self.spool / "new").iterdir()] if (self.spool / "new").exists() else []

    def sent(self):
        """Every message that the sink took to its end, as bytes."""
        return [p.read_bytes() for p in sorted(self.sink_dir.iterdir())]

    def wait_settled(self, contacts=None, seconds=60):
        """Until nothing waits: the Maildir is read, every contact has its row, the outbox is at rest."""
        def settled():
            if any((self.maildir / "new").iterdir()) or self.waiting():
                return False
            if contacts is not None and self.sql("SELECT count(*) AS n FROM contact")[:1] != [{"n": contacts}]:
                return False
            return not self.sql("SELECT 1 FROM outbox WHERE state IN ('pending','sending','deferred') LIMIT 1")
        try:
            wait_for(settled, seconds, 0.05)
        except sqlite3.OperationalError:
            time.sleep(0.2)
            self.wait_settled(contacts, seconds)
        except AssertionError:
            logs = "\n".join(f"--- {n}\n{self.log(n, 1200)}" for n in self.processes)
            raise AssertionError(f"not settled in {seconds} s: {len(self.waiting())} wait in the spool, contacts "
                                 f"{len(self.contacts())}, outbox {[(o['state'], o['detail']) for o in self.outbox()][:9]}"
                                 f"\n{logs}") from None
