"""What became of one contact: found by a word that only it holds, from the door to the letter at the mail sink."""

import contextlib
import email
import email.policy
import secrets
import sqlite3

from tests.support.harness import wait_for

PIPELINE = ("redis", "smtp-sink", "dispatch", "classify", "send", "ingest-email", "ingest-sms", "ingest-web")


def word():
    """A word that stands in no other contact, no rule and no name."""
    return "zq" + secrets.token_hex(6)


def cids_of(pr, token):
    return [cid for cid, raw in pr.bundles().items() if token.encode() in raw]


def find(pr, token, count=1, seconds=20):
    """The cids of the contacts that hold the word, once each has its row; one cid when one is asked for."""
    def recorded():
        cids = cids_of(pr, token)
        return len(cids) >= count and all(row(pr, c) for c in cids) and cids
    cids = wait_for(recorded, seconds, what=lambda: f"{count} contacts; {logs(pr)}")
    assert len(cids) == count, f"{len(cids)} contacts, expected {count}"
    return cids[0] if count == 1 else cids


def row(pr, cid):
    with contextlib.suppress(sqlite3.OperationalError):  # dispatch makes the tables when it starts
        return next(iter(pr.sql("SELECT * FROM contact WHERE cid = ? AND case_id IS NOT NULL", cid)), None)
    return None


def case(pr, cid):
    return pr.sql("SELECT k.* FROM service_case k JOIN contact c ON c.case_id = k.id WHERE c.cid = ?", cid)[0]


def events(pr, cid):
    return [e["payload"] for e in pr.sql("SELECT payload FROM event WHERE cid = ? ORDER BY seq", cid)]


def outbox(pr, cid, kind="acknowledgement"):
    return pr.sql("SELECT * FROM outbox WHERE cid = ? AND kind = ?", cid, kind)


def letter(pr, cid, kind="acknowledgement"):
    """The mail as the sink took it."""
    rows = wait_for(lambda: [o for o in outbox(pr, cid, kind) if o["state"] == "sent"], what=lambda: logs(pr))
    mark = f"<{rows[0]['message_id']}>".encode()
    raw = wait_for(lambda: [m for m in pr.sent() if mark in m], what="the letter at the sink")
    assert len(raw) == 1
    return email.message_from_bytes(raw[0], policy=email.policy.default)


def text_sent(pr, cid):
    """The acknowledgement as the SMS gateway took it: (to, text)."""
    rows = wait_for(lambda: [o for o in outbox(pr, cid) if o["state"] == "sent"], what=lambda: logs(pr))
    taken = [(to, text) for to, text, reference in pr.gateway.taken if reference == rows[0]["message_id"]]
    assert len(taken) == 1
    return taken[0]


def logs(pr):
    return "\n".join(f"--- {name}\n{pr.log(name, 1500)}" for name in pr.processes)


def multipart(fields, files):
    """A form as a browser sends it: (content type, body)."""
    boundary = "----postroom" + secrets.token_hex(8)
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
             for name, value in fields.items()]
    parts += [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
              f"Content-Type: {kind}\r\n\r\n".encode() + data + b"\r\n" for name, filename, kind, data in files]
    return f"multipart/form-data; boundary={boundary}", b"".join(parts) + f"--{boundary}--\r\n".encode()
