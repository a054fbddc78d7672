"""What people write, for the bench: distinct, of one length, about things that councils are asked."""

import random

NAMES = ["Alex Jones", "Priya Shah", "Megan Davies", "Tom Baker", "Siân Evans", "Marek Nowak", "Ruth Okafor",
         "Ian Campbell", "Leila Haddad", "Gareth Price"]
STREETS = ["Mill Lane", "High Street", "Station Road", "Church View", "Heol y Bont", "Victoria Terrace"]
PLEAS = [("Missed bin collection", "Our green bin was not emptied on {day} although it stood at the kerb by seven."),
         ("Pothole on {street}", "There is a deep pothole outside number {number}, and a cyclist nearly fell this week."),
         ("Street light out", "The street light outside number {number} {street} has been off since {day}."),
         ("Council tax question", "I moved to {number} {street} on {day} and need to tell you about my council tax."),
         ("Fly tipping", "Somebody has dumped a mattress and bags of rubble behind the garages on {street}."),
         ("Blue badge renewal", "My mother's blue badge runs out next month and we cannot find where to renew it."),
         ("Noise at night", "The flat above plays loud music until two in the morning, most of all on {day}."),
         ("Hello", "I am writing about what we spoke of on {day}; could somebody please ring me back?")]
FILLER = ["It has been like this for some time and several of the neighbours have noticed it as well.",
          "I did look on your website first, but the page that I found there did not seem to cover this.",
          "If you need to come round, somebody is at home most mornings and on {day} afternoon too.",
          "We have lived at number {number} since the houses were built and have never had to ask before.",
          "A photograph can be sent if that is of any help to whoever deals with it.",
          "Please let me know what happens next and roughly how long it is likely to take.",
          "Thank you to the crew who were so helpful when the snow came down two winters ago."]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]


class Letter:
    def __init__(self, run, i, length):
        words = random.Random(f"{run}/{i}")
        filling = {"day": words.choice(DAYS), "street": words.choice(STREETS), "number": words.randrange(1, 200)}
        subject, plea = words.choice(PLEAS)
        self.name = words.choice(NAMES)
        self.subject = subject.format(**filling)
        self.address = f"sender{i}.{run}@example.org"
        self.id = f"{run}.{i}"
        lines = ["Hello,", "", plea.format(**filling)]
        while sum(map(len, lines)) < length:
            lines.append(words.choice(FILLER).format(**filling))
        self.text = "\n".join([*lines, f"Our address is {filling['number']} {filling['street']}, SW1A 1AA.", "",
                               "Kind regards", self.name, f"07700 900{words.randrange(1000):03d}"])

    def mail(self):
        """About 3 KB as a mail server delivers it."""
        hops = "".join(f"Received: from relay{n}.example.org (relay{n}.example.org [192.0.2.{n}])\n"
                       f"\tby mx{n}.council.example (Postfix) with ESMTPS id {self.id}.{n}\n"
                       "\tfor <contact@council.example>; Mon, 23 Nov 2026 08:30:00 +0000 (GMT)\n" for n in (1, 2, 3))
        return (f"Return-Path: <{self.address}>\n{hops}"
                "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=s1;\n\tb="
                + "QmFzZTY0IHRoYXQgbm9ib2R5IGNoZWNrcyBoZXJl" * 4 + "\n"
                f"From: \"{self.name}\" <{self.address}>\nTo: <contact@council.example>\nSubject: {self.subject}\n"
                f"Date: Mon, 23 Nov 2026 08:29:23 +0000\nMessage-ID: <{self.id}@example.org>\nMIME-Version: 1.0\n"
                "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
                f"{self.text}\n").replace("Siân", "Sian", 1).encode()

    def form(self):
        """The fields of the public form behind its token, as a browser sends them, with the boundary `b`."""
        fields = {"lang": "en", "subject": self.subject, "message": self.text, "name": self.name,
                  "email": self.address, "phone": "", "postcode": "SW1A 1AA"}
        return "".join(f"--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
                       for name, value in fields.items()).encode() + b"--b--\r\n"
