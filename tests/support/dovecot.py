"""A private Dovecot for a test: an ordinary user's, loopback and TLS only, stopped by its pid."""

import grp
import itertools
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile

from tests.support.harness import free_port, listens, wait_for

TEMPLATE = pathlib.Path(__file__).with_name("dovecot.conf.in")
USER, PASSWORD = "post", "opensesame"


class Dovecot:
    def __init__(self):
        # The paths of its sockets have at most 107 bytes, and pytest's folders are long.
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="pr-dovecot-", dir="/tmp"))
        self.imap, self.imaps = free_port(), free_port()
        self.process = None
        self.serial = itertools.count()
        for d in ("run", "mail", f"mail/{USER}", *(f"mail/{USER}/{s}" for s in ("new", "cur", "tmp"))):
            (self.dir / d).mkdir(parents=True, exist_ok=True)
        (self.dir / "passwd").write_text(f"{USER}:{PASSWORD}\n")
        (self.dir / "password").write_text(PASSWORD + "\n")
        (self.dir / "password").chmod(0o600)
        self.certificate()
        values = {"DIR": self.dir, "USER": pwd.getpwuid(os.getuid()).pw_name, "GROUP": grp.getgrgid(os.getgid()).gr_name,
                  "IMAP": self.imap, "IMAPS": self.imaps}
        text = TEMPLATE.read_text()
        for name, value in values.items():
            text = text.replace(f"@{name}@", str(value))
        (self.dir / "dovecot.conf").write_text(text)

    def certificate(self):
        """Signed by itself, for localhost: its own authority."""
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                        "-keyout", self.dir / "server.key", "-out", self.dir / "server.pem"],
                       check=True, capture_output=True)

    def __enter__(self):
        self.process = subprocess.Popen([shutil.which("dovecot") or "/usr/sbin/dovecot", "-F", "-c", self.dir / "dovecot.conf"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: listens(self.imaps), what="Dovecot")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)
        shutil.rmtree(self.dir, ignore_errors=True)

    def mailbox(self, **more):
        """Its entry under `mailboxes:`."""
        return {"name": "enquiries", "type": "imap", "host": "localhost", "port": self.imaps,
                "ca_file": self.dir / "server.pem", "username": USER, "password": self.dir / "password",
                "poll": "100ms", **more}

    def deliver(self, raw):
        name = f"{next(self.serial)}.test"
        path = self.dir / "mail" / USER / "tmp" / name
        path.write_bytes(raw)
        path.rename(path.parent.parent / "new" / name)

    def doveadm(self, *argv):
        return subprocess.run(["doveadm", "-c", self.dir / "dovecot.conf", *argv], capture_output=True, text=True,
                              check=True).stdout

    def flags(self):
        """The flags of each message of the inbox."""
        lines = self.doveadm("fetch", "-u", USER, "flags", "mailbox", "INBOX", "all").splitlines()
        return [line.removeprefix("flags:").split() for line in lines if line.startswith("flags:")]

    def forget_uids(self, validity):
        self.doveadm("mailbox", "update", "-u", USER, "--uid-validity", str(validity), "INBOX")
