"""A real Kannel with fakesmsc as the phone network: a text in, its acknowledgement out, in both alphabets."""

import shutil
import time
import urllib.parse

import pytest

from tests.support import flow
from tests.support.harness import ROOT, Postroom, wait_for
from tests.support.kannel import Kannel

WELSH = "Dydy'r bin du ddim wedi cael ei gasglu yr wythnos yma, tŷ ar y gornel. Pryd fyddwch chi'n dod?"


@pytest.fixture(scope="module")
def kannel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kannel")
    # The shipped text is longer than two UCS-2 messages and goes out without its accents; a short one keeps them.
    shutil.copytree(ROOT / "rules", folder / "rules")
    (folder / "rules/templates/ack.sms.cy.txt").write_text("{{council}}: cawsom eich neges. Cyf {{reference}}. 999?")
    with Postroom(folder, rules=folder / "rules") as pr:
        kannel = Kannel(pr)
        pr.write_config({"sms": [kannel.account()], "council": {"name_cy": "Cyngor Tŷ Mawr"}})
        pr.start("redis", "dispatch", "classify", "send", "ingest-sms")
        kannel.start()
        yield kannel


def answer(kannel, cid):
    """The acknowledgement as the phone got it, its parts put together."""
    reference = flow.row(kannel.pr, cid)["reference"]
    wait_for(lambda: [o for o in flow.outbox(kannel.pr, cid) if o["state"] == "sent"], what=lambda: flow.logs(kannel.pr))
    return wait_for(lambda: [m for m in kannel.delivered() if reference in m[3]],
                    what=lambda: f"{reference} at the phone: {kannel.pr.log('fakesmsc')}")[0]


def test_text_in_and_acknowledgement_out(kannel):
    token = flow.word()
    kannel.phone(f"+447700900123 60066 text My bin was not emptied & it's full: 50% £5? {token}")
    cid = flow.find(kannel.pr, token)
    assert b"My bin was not emptied & it's full: 50%" in kannel.pr.bundles()[cid]
    sender, to, kind, text = answer(kannel, cid)
    assert (sender, to, kind) == ("60066", "+447700900123", "text")
    assert "we have your message" in text and "In danger? Call 999" in text
    contact = flow.row(kannel.pr, cid)
    assert (contact["channel"], contact["lgsl"], contact["lgil"]) == ("sms", 524, 17)


def test_ucs2_welsh_in_and_out(kannel):
    token = flow.word()
    words = urllib.parse.quote(f"{WELSH} {token}".encode("utf-16-be"))
    kannel.phone(f"+447700900124 60066 ucs2 {words}")
    cid = flow.find(kannel.pr, token)
    assert f"{WELSH} {token}".encode() in kannel.pr.bundles()[cid]
    _, to, kind, text = answer(kannel, cid)
    assert (to, kind) == ("+447700900124", "ucs-2")
    assert "Cyngor Tŷ Mawr: cawsom eich neges" in text


def test_webhook_is_down_when_the_text_comes(kannel):
    token = flow.word()
    kannel.pr.stop("ingest-sms")
    kannel.phone(f"+447700900125 60066 text A pothole in Mill Lane {token}")
    wait_for(lambda: "Couldn't fetch" in kannel.pr.log("smsbox", 100000), what=lambda: kannel.pr.log("smsbox"))
    kannel.pr.start("ingest-sms")
    answer(kannel, flow.find(kannel.pr, token))
    time.sleep(0.5)
    assert len(flow.cids_of(kannel.pr, token)) == 1


@pytest.mark.parametrize("secret", ["", "wrong", None])
def test_wrong_secret_is_401_and_nothing_is_stored(kannel, secret):
    before = kannel.pr.bundles().keys()
    query = {"id": flow.word(), "from": "+447700900126", "to": "60066", "text": "no entry"}
    query |= {"secret": secret} if secret is not None else {}
    status, _, body = kannel.pr.http(kannel.pr.sms_port, "GET", "/hook/sms/text?" + urllib.parse.urlencode(query))
    assert status == 401 and b"secret" in body
    assert kannel.pr.bundles().keys() == before
