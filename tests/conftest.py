"""Fixtures and options of the pipeline, fault and browser tests."""

import os
import pathlib
import random
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from tests.support.harness import Postroom  # noqa: E402

SEED = int(os.environ.get("POSTROOM_SEED") or random.SystemRandom().randrange(1 << 32))
FIGURES = []


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="the full fault set (make faults), not the quick one")


def pytest_configure(config):
    config.addinivalue_line("markers", "full_only: runs with --full only")
    config.addinivalue_line("markers", "quick_only: the short form of a test that --full runs whole")


def pytest_collection_modifyitems(config, items):
    other = "quick_only" if config.getoption("--full") else "full_only"
    config.hook.pytest_deselected(items=[i for i in items if i.get_closest_marker(other)])
    items[:] = [i for i in items if not i.get_closest_marker(other)]


def pytest_terminal_summary(terminalreporter):
    """What was measured, and the seed that repeats it."""
    for figure in FIGURES:
        terminalreporter.write_line(figure)
    if FIGURES:
        terminalreporter.write_line(f"POSTROOM_SEED={SEED} repeats the schedules of this run")


@pytest.fixture
def full(request):
    return request.config.getoption("--full")


@pytest.fixture
def seed():
    print(f"POSTROOM_SEED={SEED}")
    return SEED


@pytest.fixture
def figure():
    """figure("F1: 40 kills ...") is printed at the end of the run."""
    return FIGURES.append


@pytest.fixture
def pr(tmp_path):
    with Postroom(tmp_path) as postroom:
        yield postroom
