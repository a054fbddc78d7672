"""A chromium of the test's own: headless, loopback only, a fresh profile, no start-up traffic."""

import contextlib

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

from tests.support.harness import wait_for

FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
         "--disable-extensions", "--disable-default-apps", "--metrics-recording-only", "--window-size=1000,900",
         "--lang=en-GB", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost")


@contextlib.contextmanager
def chromium(folder, script=True):
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in (*FLAGS, f"--user-data-dir={folder}/profile-{'js' if script else 'plain'}"):
        options.add_argument(flag)
    if not script:
        options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    driver.set_page_load_timeout(20)
    try:
        yield driver
    finally:
        driver.quit()


def width(driver, pixels):
    """A screen of a phone's width (a window cannot be made that narrow); 0: the window again."""
    if pixels:
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                               {"width": pixels, "height": 640, "deviceScaleFactor": 1, "mobile": True})
    else:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def one(driver, css):
    return driver.find_element(By.CSS_SELECTOR, css)


def every(driver, css):
    return driver.find_elements(By.CSS_SELECTOR, css)


def click_through(driver, element):
    """Click what leads to another page, and be there."""
    old = one(driver, "html")
    element.click()
    wait_for(lambda: gone(old), what="the next page")
    wait_for(lambda: arrived(driver), what="the next page whole")


def gone(element):
    try:
        element.is_enabled()
    except StaleElementReferenceException:
        return True
    except WebDriverException:  # "aborted by navigation": it is going
        pass
    return False


def arrived(driver):
    try:
        return every(driver, "footer, main")
    except WebDriverException:
        return False


def overflow(driver):
    """What is wider than the screen: empty, or names of elements."""
    return driver.execute_script("""
        const wide = document.documentElement.clientWidth;
        if (document.documentElement.scrollWidth <= wide) return [];
        return [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > wide + 0.5)
            .map(e => e.tagName + '#' + e.id + '.' + e.className);""")


def unlabelled(driver):
    """Fields that no label names."""
    return driver.execute_script("""
        return [...document.querySelectorAll('input:not([type=hidden]), textarea, select')]
            .filter(e => !(e.labels && e.labels.length && e.labels[0].textContent.trim()) && !e.getAttribute('aria-label'))
            .map(e => e.name);""")


def broken_references(driver):
    """aria-describedby, aria-labelledby, for and href="#..." that lead nowhere; ids that stand twice."""
    return driver.execute_script("""
        const wrong = [];
        for (const name of ['aria-describedby', 'aria-labelledby', 'for'])
            for (const e of document.querySelectorAll('[' + name + ']'))
                for (const id of e.getAttribute(name).split(' '))
                    if (!document.getElementById(id)) wrong.push(name + '=' + id);
        for (const e of document.querySelectorAll('a[href^="#"]'))
            if (!document.getElementById(e.getAttribute('href').slice(1))) wrong.push(e.getAttribute('href'));
        const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
        return wrong.concat(ids.filter((id, i) => ids.indexOf(id) !== i));""")
