"""Messages made to break parsers, each a few lines of code: name -> bytes."""

import base64

HEAD = b"From: Alex Jones <alex@example.org>\nTo: contact@council.example\nSubject: Missed bin\nMIME-Version: 1.0\n"
WORDS = b"My bin was not emptied this week.\n"


def head(more=b"", without=None):
    return b"".join(line + b"\n" for line in HEAD.splitlines() if not without or without not in line) + more


def nested(depth):
    out = [head()]
    for n in range(depth):
        out.append(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n))
    return b"".join(out) + b"Content-Type: text/plain\n\n" + WORDS


def forwarded(depth):
    return head() + b"Content-Type: message/rfc822\n\n" * depth + b"Content-Type: text/plain\n\n" + WORDS


def parts(count):
    return head(b"Content-Type: multipart/mixed; boundary=b\n\n") + b"--b\n\nx\n" * count + b"--b--\n"


def messages():
    plain = b"Content-Type: text/plain; charset=utf-8\n"
    mixed = b"Content-Type: multipart/mixed; boundary="
    return {
        "boundary-is-a-quote": head(mixed + b'"\\""\n\n--"\n\n' + WORDS + b'--"--\n'),
        "boundary-empty": head(mixed + b'""\n\n--\n\n' + WORDS + b"----\n"),
        "boundary-missing": head(b"Content-Type: multipart/mixed\n\n--b\n\n" + WORDS + b"--b--\n"),
        "boundary-never-closed": head(mixed + b"b\n\n--b\n\n" + WORDS),
        "boundary-unused": head(mixed + b"b\n\n" + WORDS),
        "boundary-huge": head(mixed + b'"' + b"b" * 100000 + b'"\n\n' + WORDS),
        "comments-200000": b"From: " + b"(" * 200000 + b" alex@example.org\nSubject: x\n\n" + WORDS,
        "comments-closed": b"To: " + b"(" * 50000 + b")" * 50000 + b"\nSubject: x\n\n" + WORDS,
        "multiparts-50": nested(50),
        "multiparts-5000": nested(5000),
        "messages-5000": forwarded(5000),
        "parts-100000": parts(100000),
        "nul-bytes": head(plain + b"\n" + b"\0bin\0 was not \0emptied\0" * 500),
        "nul-in-headers": b"From: al\0ex@example.org\nSub\0ject: x\nSubject: y\0z\n\n" + WORDS,
        "raw-8-bit": head(b"X-Raw: \xff\xfe\x80\nContent-Type: text/plain\n\nTwll yn y ffordd, t\xc5\xb7 ac \xff\xfe.\n"),
        "utf-16-without-mark": head(b"Content-Type: text/plain; charset=utf-16\n\n" + WORDS.decode().encode("utf-16-be")),
        "charset-unknown": head(b"Content-Type: text/plain; charset=x-klingon\n\n" + WORDS),
        "address-list-50000": head(b"Cc: " + b", ".join(b"a%d@example.org" % n for n in range(50000)) + b"\n" + plain
                                   + b"\n" + WORDS),
        "references-20000": head(b"References: " + b" ".join(b"<%d@example.org>" % n for n in range(20000)) + b"\n\n"
                                 + WORDS),
        "headers-50000": head(b"".join(b"X-%d: y\n" % n for n in range(50000)) + b"\n" + WORDS),
        "header-2-MB": head(b"Subject: " + b"a" * 2000000 + b"\n\n" + WORDS),
        "encoded-words-20000": head(b"X: y\nSubject: " + b"=?utf-8?Q?=C5?= " * 20000 + b"\n\n" + WORDS),
        "base64-broken": head(plain + b"Content-Transfer-Encoding: base64\n\n" + b"TXkgY@@m===lu" * 4000),
        "base64-cut": head(plain + b"Content-Transfer-Encoding: base64\n\n" + base64.b64encode(WORDS)[:-3]),
        "quoted-printable-broken": head(plain + b"Content-Transfer-Encoding: quoted-printable\n\n=ZZ=\n=3=F=" * 3000),
        "encoding-unknown": head(plain + b"Content-Transfer-Encoding: x-rot13\n\n" + WORDS),
        "uuencode-cut": head(plain + b"\nbegin 644 a.txt\n#0V%T\nM" + b"A" * 3000),
        "yenc-and-tnef": head(b"Content-Type: application/ms-tnef; name=winmail.dat\n\n\x78\x9f\x3e\x22" + b"\xff" * 3000),
        "content-type-garbage": head(b"Content-Type: ;;;===///\"\"\n\n" + WORDS),
        "content-type-twice": head(plain + mixed + b"b\n\n--b\n\n" + WORDS),
        "html-open-tags": head(b"Content-Type: text/html\n\n" + b"<div><b " * 100000),
        "html-entities": head(b"Content-Type: text/html\n\n" + b"&#x110000;&amp&;" * 50000),
        "html-tables": head(b"Content-Type: text/html\n\n" + b"<table><tr><td>" * 30000 + WORDS),
        "quotes-deep": head(plain + b"\n" + b">" * 500000 + b" x\n"),
        "one-line-10-MB": head(plain + b"\n" + b"bin " * 2500000),
        "lines-1000000": head(plain + b"\n" * 1000000),
        "attachment-name-raw": head(mixed + b"b\n\n--b\nContent-Disposition: attachment; filename=\"../../\xff\xfe\0a\"\n\n"
                                    + WORDS + b"--b--\n"),
        "empty": b"",
        "one-byte": b"\n",
        "headers-only": HEAD,
        "body-only": b"\n\n" + WORDS,
        "mbox-from-line": b"From alex@example.org Sun Nov 22 10:00:00 2026\n" + head(plain + b"\n" + WORDS),
        "no-sender": head(plain + b"\n" + WORDS, without=b"From:"),
        "bare-cr": HEAD.replace(b"\n", b"\r") + b"\r" + WORDS,
        "a-picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 200,
    }
