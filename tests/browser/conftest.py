"""Two chromiums for all browser tests: one as people have it, one without JavaScript."""

import contextlib

import pytest

from tests.support.browser import chromium


@pytest.fixture(scope="session")
def chromiums(tmp_path_factory):
    """script (yes or no) -> its driver, started when it is first asked for."""
    with contextlib.ExitStack() as stack:
        drivers = {}

        def get(script):
            if script not in drivers:
                driver = stack.enter_context(chromium(tmp_path_factory.mktemp("chromium"), script))
                driver.get("data:text/html,<p id=p>plain</p><script>p.textContent='script'</script>")
                assert driver.find_element("id", "p").text == ("script" if script else "plain")
                drivers[script] = driver
            return drivers[script]
        yield get


@pytest.fixture
def browser(chromiums):
    return chromiums(True)


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def either(request, chromiums):
    return chromiums(request.param)
