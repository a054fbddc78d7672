"""A private Kannel for a test: bearerbox, smsbox, and fakesmsc as the phone network; on loopback, stopped by pid.

    kannel = Kannel(pr)                      writes its configuration beside postroom's
    pr.write_config({"sms": [kannel.account()]})
    kannel.start()
    kannel.phone("+447700900123 60066 text Hello")     one text from a phone
    kannel.delivered()                       [(from, to, type, text)], what the network got from us
"""

import re
import urllib.parse

from tests.support.harness import SMS_SECRET, free_port, listens, wait_for

CONFIG = """\
group = core
admin-port = {admin}
admin-password = "not used"
admin-deny-ip = "*.*.*.*"
admin-allow-ip = "127.0.0.1"
smsbox-port = {smsbox}
box-deny-ip = "*.*.*.*"
box-allow-ip = "127.0.0.1"
store-type = file
store-location = "{dir}/kannel.store"
dlr-storage = internal

group = smsc
smsc = fake
smsc-id = FAKE
port = {smsc}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}
sendsms-chars = "0123456789 +-"
global-sender = 60066
http-request-retry = 30
http-queue-delay = 1

group = sendsms-user
username = postroom
password = "{password}"
user-deny-ip = "*.*.*.*"
user-allow-ip = "127.0.0.1"
max-messages = 8
concatenation = true

group = sms-service
keyword = default
catch-all = yes
max-messages = 0
omit-empty = true
concatenation = true
assume-plain-text = true
accept-x-kannel-headers = false
get-url = "http://127.0.0.1:{hook}/hook/sms/text?secret={secret}&id=%I&from=%q&to=%Q&ts=%T&cs=%C&coding=%c&text=%b"
"""
FAKESMSC = "/usr/lib/kannel/test/fakesmsc"
PASSWORD = "sendsms-password"


class Kannel:
    def __init__(self, pr, secret=SMS_SECRET):
        self.pr = pr
        self.dir = pr.dir / "kannel"
        self.dir.mkdir()
        self.smsc, self.sendsms, self.smsbox = free_port(), free_port(), free_port()
        self.config = self.dir / "kannel.conf"
        self.config.write_text(CONFIG.format(
            admin=free_port(), smsbox=self.smsbox, smsc=self.smsc, sendsms=self.sendsms, dir=self.dir,
            password=PASSWORD, hook=pr.sms_port, secret=urllib.parse.quote(secret)))

    def account(self):
        """The entry of `sms:` for it."""
        return {"name": "text", "provider": "kannel", "webhook_secret": self.pr.secret("sms", SMS_SECRET),
                "send_url": f"http://127.0.0.1:{self.sendsms}/cgi-bin/sendsms", "username": "postroom",
                "password": self.pr.secret("kannel", PASSWORD), "sender": "60066"}

    def start(self):
        # /var/run is not ours: kannel's own log is standard error, which is the harness's log file
        self.pr.spawn("bearerbox", ["/usr/sbin/bearerbox", "-v", "1", self.config])
        for port in (self.smsbox, self.smsc):
            wait_for(lambda p=port: listens(p), what=lambda: self.pr.log("bearerbox"))
        self.pr.spawn("smsbox", ["/usr/sbin/smsbox", "-v", "1", self.config])
        wait_for(lambda: listens(self.sendsms), what=lambda: self.pr.log("smsbox"))

    def phone(self, message):
        """A phone that sends one text and then waits for answers."""
        self.pr.stop("fakesmsc")
        self.pr.spawn("fakesmsc", [FAKESMSC, "-r", self.smsc, "-m", "1", message])

    def delivered(self):
        got = []
        for sender, to, kind, text in re.findall(r"Got message \d+: <(\S+) (\S+) (text|data|ucs-2|udh-\S+) (.*)>",
                                                 self.pr.log("fakesmsc", 1000000)):
            if kind == "ucs-2":
                text = urllib.parse.unquote_to_bytes(text.replace("+", " ")).decode("utf-16-be")
            got.append((sender, to, kind, text))
        return got
