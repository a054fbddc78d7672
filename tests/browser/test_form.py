"""The public form in chromium, with and without JavaScript, in English and Welsh, on a wide screen and a phone."""

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.support import flow
from tests.support.browser import arrived, broken_references, click_through, every, one, overflow, unlabelled, width
from tests.support.harness import Postroom, wait_for

ENGLISH = {"page": "/", "words": "My bin was not emptied this week, the whole street was missed.",
           "received": "We have received your report", "problem": "There is a problem", "lang": "en",
           "missing": "Tell us what has happened or what you need", "ack": "Your reference is"}
WELSH = {"page": "/cy", "words": "Dydy'r bin du ddim wedi cael ei gasglu yr wythnos yma. Pryd fyddwch chi'n dod i'w "
                                 "gasglu os gwelwch yn dda?", "received": "Rydym wedi derbyn eich adroddiad",
         "problem": "Mae problem wedi codi", "lang": "cy",
         "missing": "Dywedwch wrthym beth sydd wedi digwydd neu beth sydd ei angen arnoch", "ack": "Eich cyfeirnod yw"}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8


@pytest.fixture(scope="module")
def pr(tmp_path_factory):
    with Postroom(tmp_path_factory.mktemp("form")) as postroom:
        postroom.start("redis", "smtp-sink", "dispatch", "classify", "send", "ingest-web")
        yield postroom


def open_form(driver, pr, page="/"):
    driver.get(f"http://127.0.0.1:{pr.web_port}{page}")


def fill(driver, **fields):
    for name, value in fields.items():
        one(driver, f"[name={name}]").send_keys(value)


def submit(driver):
    click_through(driver, one(driver, "main form button[type=submit]"))


def reference(driver):
    return one(driver, ".panel strong").text


@pytest.mark.parametrize("said", [ENGLISH, WELSH], ids=["en", "cy"])
def test_report_with_a_photo(pr, either, said, tmp_path):
    token = flow.word()
    (tmp_path / "bin.png").write_bytes(PNG)
    open_form(either, pr, said["page"])
    assert one(either, "html").get_attribute("lang") == said["lang"]
    fill(either, subject="Bin", message=f"{said['words']} {token}", name="Alex Jones", email="alex@example.org",
         phone="07700 900123", postcode="SW1A 1AA", photo=str(tmp_path / "bin.png"))
    submit(either)
    assert one(either, "h1").text == said["received"] and reference(either) in either.title
    cid = flow.find(pr, token)
    assert flow.row(pr, cid)["reference"] == reference(either)
    assert PNG in pr.bundles()[cid] and flow.case(pr, cid)["lgsl"] == 524
    assert said["ack"] in flow.letter(pr, cid).get_content()
    either.refresh()
    assert one(either, "h1").text == said["received"], "the page of a reference can be loaded again"
    assert flow.cids_of(pr, token) == [cid]


@pytest.mark.parametrize("said", [ENGLISH, WELSH], ids=["en", "cy"])
def test_mistakes_are_told_and_nothing_typed_is_lost(pr, either, said):
    token = flow.word()
    open_form(either, pr, said["page"])
    fill(either, subject="Bin", name="Alex Jones", email="alex at example", phone="12")
    submit(either)
    assert one(either, ".error-summary h2").text == said["problem"]
    assert said["missing"] in one(either, ".error-summary").text
    assert len(every(either, ".error-summary a")) == 3 == len(every(either, ".field.wrong"))
    assert one(either, "[name=subject]").get_attribute("value") == "Bin"
    assert one(either, "[name=email]").get_attribute("value") == "alex at example"
    every(either, ".error-summary a")[0].click()
    described = one(either, "[name=message]").get_attribute("aria-describedby")
    assert "message-error" in described
    fill(either, message=f"{said['words']} {token}")
    for name, value in (("email", "alex@example.org"), ("phone", "07700 900123")):
        one(either, f"[name={name}]").clear()
        fill(either, **{name: value})
    submit(either)
    assert one(either, "h1").text == said["received"]
    flow.find(pr, token)


def test_double_click_is_one_contact(pr, either):
    token = flow.word()
    open_form(either, pr)
    fill(either, message=f"{ENGLISH['words']} {token}", email="twice@example.org")
    ActionChains(either).double_click(one(either, "main form button[type=submit]")).perform()
    wait_for(lambda: arrived(either) and every(either, ".panel strong"), what="the reference")
    assert one(either, "h1").text == ENGLISH["received"]
    cid = flow.find(pr, token)
    assert flow.row(pr, cid)["reference"] == reference(either)
    flow.letter(pr, cid)
    assert len(flow.outbox(pr, cid)) == 1


def test_back_button(pr, either):
    """Back and send again is the same report; back, another word and send is a second one, marked."""
    token = flow.word()
    open_form(either, pr)
    fill(either, message=f"{ENGLISH['words']} {token}", email="back@example.org")
    submit(either)
    first = reference(either)
    either.back()
    assert token in one(either, "[name=message]").get_attribute("value"), "the words are still there"
    submit(either)
    assert reference(either) == first
    either.back()
    fill(either, message=" It is in Mill Lane.")
    submit(either)
    assert reference(either) != first
    rows = [flow.row(pr, c) for c in flow.find(pr, token, 2)]
    assert sorted(r["possible_duplicate"] for r in rows) == [0, 1]


def test_language_is_a_link(pr, either):
    open_form(either, pr)
    click_through(either, one(either, "a[hreflang=cy]"))
    assert one(either, "html").get_attribute("lang") == "cy"
    click_through(either, one(either, "a[hreflang=en]"))
    assert one(either, "html").get_attribute("lang") == "en"


def test_keyboard_alone_is_enough(pr, browser):
    token = flow.word()
    open_form(browser, pr)
    keys = ActionChains(browser)
    seen = []
    for _ in range(20):
        keys.send_keys(Keys.TAB).perform()
        keys.reset_actions()
        at = browser.switch_to.active_element
        seen.append(at.get_attribute("name") or at.tag_name)
        style = browser.execute_script("const s = getComputedStyle(document.activeElement);"
                                       "return s.outlineStyle + s.boxShadow + s.outlineWidth", at)
        assert style != "nonenone0px", f"{seen[-1]} shows no focus"
        if seen[-1] == "message":
            at.send_keys(f"{ENGLISH['words']} {token}")
        if at.tag_name == "button":
            at.send_keys(Keys.ENTER)
            wait_for(lambda: arrived(browser) and every(browser, ".panel strong"), what="the reference")
            break
    assert [s for s in seen if s not in ("a", "button")] == ["subject", "message", "postcode", "photo", "name", "email",
                                                            "phone"]
    assert one(browser, "h1").text == ENGLISH["received"]
    flow.find(pr, token)


def pages(driver, pr):
    """Every page that a citizen may see, one after the other."""
    for said in (ENGLISH, WELSH):
        open_form(driver, pr, said["page"])
        yield "form"
        fill(driver, email="x" * 80)
        submit(driver)
        yield "mistakes"
        open_form(driver, pr, said["page"])
        fill(driver, message=said["words"])
        submit(driver)
        yield "received"
    open_form(driver, pr, "/no-such-page")
    yield "not found"


@pytest.mark.parametrize("pixels", [320, 1000])
def test_no_sideways_scrolling_and_every_field_labelled(pr, browser, pixels):
    width(browser, pixels if pixels < 500 else 0)
    try:
        for name in pages(browser, pr):
            assert overflow(browser) == [], name
            assert unlabelled(browser) == [] and broken_references(browser) == [], name
            assert len(every(browser, "h1")) == 1 and len(every(browser, "main")) == 1 and browser.title, name
    finally:
        width(browser, 0)
