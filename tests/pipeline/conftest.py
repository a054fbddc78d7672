"""A whole pipeline that the tests of one file share: each finds its own contacts by a word of theirs."""

import pytest

from tests.support.flow import PIPELINE
from tests.support.harness import Postroom


@pytest.fixture(scope="module")
def town(tmp_path_factory, request):
    settings = getattr(request.module, "SETTINGS", {})
    with Postroom(tmp_path_factory.mktemp("town"), settings=settings) as postroom:
        postroom.start(*PIPELINE)
        yield postroom
