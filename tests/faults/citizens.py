"""Those who write: contacts over three channels, each with a token of its own in its words.

They behave as their likes do in the world. A mail server delivers once and forgets. A browser's user sends the same
form again until the page says yes. A gateway repeats its webhook under the same id until it hears 200.
`Offer.accepted` is the word of the door: 303 for the form, 200 for the webhook, a mail that left new/.
"""

import concurrent.futures
import dataclasses
import http.client
import random
import time
import urllib.parse

from tests.support.harness import mail

# What may never be found in Redis' files or in a log: a name, a postcode, a number, a word that raises a flag.
NAME = "Zebedee Quillfeather"
POSTCODE = "ZE77 9QX"
PHONE = "07700 900461"
FLAG_WORDS = "I want to kill myself"

WORDS = (
    "My bin was not emptied this week.",
    "There is a deep pothole in our street.",
    "The street light outside is broken.",
    "Someone dumped a mattress in the lane.",
    "I have a question about my council tax bill.",
    "There is damp and mould in my flat.",
    "Nid yw fy min wedi cael ei wagio.",
)
CHANNELS = ("email", "web", "sms")
RETRY_SECONDS = 90


@dataclasses.dataclass
class Offer:
    token: str
    channel: str
    n: int
    accepted: bool = False
    tries: int = 0
    file: str = ""  # in the Maildir's new/
    held: str = ""  # the form's token


class Citizens:
    def __init__(self, pr, seed):
        self.pr = pr
        self.random = random.Random(seed)
        self.offers = []
        self.retry = 0.02

    def offer(self, channel=None):
        """A contact that nobody has sent yet."""
        n = len(self.offers)
        offer = Offer(f"tok-{self.random.getrandbits(64):016x}", channel or CHANNELS[n % 3], n)
        self.offers.append(offer)
        return offer

    def words(self, offer):
        flag = FLAG_WORDS if offer.n % 20 == 7 else ""
        return f"{WORDS[offer.n % len(WORDS)]} {flag} {NAME}, {POSTCODE}, {PHONE}. {offer.token}"

    def mail(self, offer):
        return mail(self.words(offer), subject="To the council", sender=f"{NAME} <mail.{offer.n}@example.org>")

    def send(self, offer):
        """Until the door says yes; a mail is only put before it."""
        if offer.channel == "email":
            offer.file = self.pr.drop_mail(self.mail(offer))
            return
        self.until_yes(offer, self.once(offer))

    def send_many(self, count, channel=None, at_once=6, before=lambda n: None):
        """count contacts, several citizens at a time; before(n) is called as the n-th is begun."""
        offers = [self.offer(channel) for _ in range(count)]
        with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
            waiting = []
            for n, offer in enumerate(offers):
                before(n)
                waiting.append(pool.submit(self.send, offer))
                while sum(not w.done() for w in waiting[-64:]) > at_once:
                    time.sleep(0.001)
            for w in waiting:
                w.result()
        return offers

    def until_yes(self, offer, once):
        end = time.monotonic() + RETRY_SECONDS
        while time.monotonic() < end:
            offer.tries += 1
            try:
                if once():
                    offer.accepted = True
                    return
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(self.retry)
        raise AssertionError(f"{offer.channel} {offer.token}: nobody said yes in {RETRY_SECONDS} s, "
                             f"{offer.tries} tries: {self.pr.log('ingest-' + offer.channel, 1000)}")

    def once(self, offer):
        """One try, which may be repeated: True when the door says yes."""
        if offer.channel == "web":
            return lambda: self.form_post(offer)[0] == 303
        return lambda: self.text_post(offer)[0] == 200

    def form_post(self, offer):
        """The same page, with the token that it came with, however often it is sent."""
        offer.held = offer.held or self.pr.form_token()
        fields = {"token": offer.held, "message": self.words(offer), "name": NAME, "postcode": POSTCODE, "phone": PHONE,
                  "email": f"web.{offer.n}@example.org"}
        return self.pr.http(self.pr.web_port, "POST", "/report", urllib.parse.urlencode(fields),
                            {"Content-Type": "application/x-www-form-urlencoded"})

    def text_post(self, offer):
        sender = f"+447700900{offer.n % 1000:03d}"
        return self.pr.post_sms(self.words(offer), sender=sender, provider_id=f"sms-{offer.token}")

    def note_mail(self):
        """What left new/ was accepted."""
        waiting = {p.name for p in (self.pr.maildir / "new").iterdir()}
        for offer in self.offers:
            if offer.file:
                offer.accepted = offer.file not in waiting
