"""The staff page in chromium: signing in, the lists, an action, a phone's width; without JavaScript too."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from tests.support import flow
from tests.support.browser import broken_references, click_through, every, one, overflow, unlabelled, width
from tests.support.harness import Postroom, mail, wait_for
from tests.support.staff import account
from tests.pipeline.test_pipeline import by_email


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    with Postroom(tmp_path_factory.mktemp("office")) as pr:
        pr.write_config({"console": account(pr)})
        pr.start("redis", "smtp-sink", "dispatch", "classify", "send", "ingest-email", "console")
        yield pr


@pytest.fixture
def desk(either, office):
    """A browser that has signed in."""
    home(either, office)
    if either.current_url.endswith("/login"):
        one(either, "#user").send_keys("staff")
        one(either, "#password").send_keys(office.staff_password)
        click_through(either, one(either, "main button"))
    assert not either.current_url.endswith("/login")
    return either


def home(desk, office):
    desk.get(f"http://127.0.0.1:{office.console_port}/")


def test_triage_is_opened_and_given_to_a_team(office, desk, tmp_path):
    cid = by_email(office, "Please ring me about the thing.", subject="hello")
    home(desk, office)
    desk.save_screenshot(str(tmp_path / "lists.png"))
    assert (tmp_path / "lists.png").stat().st_size > 10000
    click_through(desk, one(desk, f"#triage a[href='/contact/{cid}']"))
    assert "Please ring me about the thing." in one(desk, "main").text
    Select(one(desk, "#team")).select_by_visible_text("Highways")
    click_through(desk, one(desk, "#team").find_element(By.XPATH, "./ancestor::form//button"))
    assert one(desk, "[role=status]").text == "Given to the team."
    assert not every(desk, f"#triage a[href='/contact/{cid}']")
    assert (flow.case(office, cid)["team"], flow.case(office, cid)["queue"]) == ("Highways", "team")


def test_given_up_is_tried_again(office, desk):
    office.stop("classify")
    token = flow.word()
    office.drop_mail(mail(f"My bin was not emptied. {token}"))
    cid = wait_for(lambda: flow.cids_of(office, token))[0]
    assert office.run("bury", cid).returncode == 0
    office.start("classify")
    home(desk, office)
    click_through(desk, one(desk, "#buried form button"))
    assert "tried again" in one(desk, "[role=status]").text
    flow.find(office, token)


@pytest.mark.parametrize("pixels", [320, 1000])
def test_pages_fit_the_screen(office, browser, pixels):
    """Measured with script; signed in by the tests before."""
    cid = by_email(office, "Something about " + "averylongwordindeed" * 12, subject="x" * 200)
    width(browser, pixels if pixels < 500 else 0)
    try:
        for path in ("/", f"/contact/{cid}", "/no-such-page", "/login"):
            browser.get(f"http://127.0.0.1:{office.console_port}{path}")
            assert overflow(browser) == [], path
            assert unlabelled(browser) == [] and broken_references(browser) == [], path
    finally:
        width(browser, 0)


def test_signing_out(office, desk):
    """Last: the desk is left."""
    home(desk, office)
    click_through(desk, one(desk, "header form button"))
    home(desk, office)
    assert desk.current_url.endswith("/login")
