"""The documents that are made from the program say what the program says today."""

import pathlib
import re
import subprocess

from tests.support.harness import BIN, ROOT


def test_configuration_lists_every_setting():
    made = subprocess.run([BIN / "postroom", "setup", "--example"], capture_output=True, text=True, check=True).stdout
    document = (ROOT / "docs/CONFIGURATION.md").read_text()
    assert f"```yaml\n{made}```\n" in document, "run `make docs/CONFIGURATION.md`"


def test_envelope_lists_every_field():
    header = (ROOT / "include/postroom/contact.h").read_text()
    fields = re.findall(r"^\s*X\(([a-z_]+),", header, re.M)
    document = (ROOT / "docs/ENVELOPE.md").read_text()
    assert len(fields) > 40
    missing = [f for f in fields if f"`{f}`" not in document]
    assert not missing, f"run `make docs/ENVELOPE.md`: {missing}"


def test_the_readme_names_real_commands():
    readme = (ROOT / "README.md").read_text()
    usage = subprocess.run([BIN / "postroom", "--help"], capture_output=True, text=True, check=True).stdout
    commands = set(re.findall(r"`postroom ([a-z]+)", readme))
    assert {"check", "status", "reconcile", "show", "explain", "kick"} <= commands
    assert not [c for c in commands if f"\n  {c} " not in usage]
    for path in re.findall(r"`((?:docs|include|rules|tests)/[\w./-]+)`", readme):
        assert pathlib.Path(ROOT / path).exists(), path
