"""`postroom rules backtest`, `fit` and `suggest`: on a file of made-up contacts, and on what staff did at a real
(small) installation. Each only says; nothing is changed by any of them."""

import json
import os
import shutil
import subprocess

import pytest

from tests.support import flow
from tests.support.harness import BIN, ROOT, Postroom, wait_for
from tests.support.staff import Staff, account
from tests.pipeline.test_pipeline import by_email

SERVICES = """\
- {id: 0/0, name: {en: Triage, cy: Brysbennu}, team: Contact centre}
- {id: 557/17, name: {en: Pothole or a road surface that has broken up, cy: Twll}, team: Highways}
- {id: 524/17, name: {en: Missed bin, cy: Bin}, team: Waste}
"""
RULES = """\
rules:
  - {name: hole, service: 557/17, score: 2, any: [pothole]}
  - {name: road, service: 524/17, score: 4, any: [road]}
  - {name: bin, service: 524/17, score: 6, any: [bin]}
  - {name: die, risk: p1, flags: suicide, any: [kill myself]}
  - {name: thanks, kind: thanks, score: 9, any: [diolch]}
  - {name: slow, kind: foi, score: 1, any: [{pattern: 'request.{1,9}information'}]}
"""


def rules_folder(path, rules=RULES, local=None):
    (path / "rules").mkdir(parents=True)
    (path / "services.yaml").write_text(SERVICES)
    (path / "rules/a.yaml").write_text(rules)
    if local:
        (path / "local").mkdir()
        (path / "local/a.yaml").write_text(local)
    return path


def contacts_file(path):
    """80 that people put in place, 21 that nobody looked at."""
    rows = [{"text": "there is a pothole in the road by the school", "right": ["557/17"]}] * 40
    rows += [{"text": "a sinkhole has opened beside the kerb", "right": "557"}] * 15
    rows += [{"text": "my bin was left", "right": ["524/17", "524"]}] * 25
    rows += [{"subject": "hello", "text": "diolch", "form": {"street": "High Street"}, "right": None}] * 20
    rows += [{"text": "I want to kill myself"}]
    with path.open("w") as out:
        for n, row in enumerate(rows):
            out.write(json.dumps({"id": f"c{n}", "channel": "email", "from": f"p{n}@example.org", **row}) + "\n\n")
    return path


@pytest.fixture
def place(tmp_path):
    rules_folder(tmp_path / "rules")
    contacts_file(tmp_path / "contacts.jsonl")
    return tmp_path


def rules(place, *words, code=0):
    """What it prints on both; for people, so every line fits a terminal."""
    done = subprocess.run([BIN / "postroom", "rules", *map(str, words)], cwd=place, capture_output=True, text=True,
                          timeout=60, check=False, env={**os.environ, "POSTROOM_CONFIG": "/no/postroom.yaml"})
    assert done.returncode == code, done
    for line in (done.stdout + done.stderr).splitlines():
        assert len(line) <= 80 or line.startswith("{") or max(map(len, line.split())) > 30, line
    return done.stdout, done.stderr


# -- which command ---------------------------------------------------------------------------------------------------

def test_usage(place):
    out = rules(place, "--help")[0]
    for name in ("test", "backtest", "fit", "suggest"):
        assert f"\n  {name}" in out
        assert "usage: postroom rules" in rules(place, name, "--nonsense", code=100)[1]
    assert out in rules(place, code=100)[1]
    assert "did you mean 'suggest'?" in rules(place, "sugest", code=100)[1]
    assert "6 rules" in rules(place, "test")[0] and "6 rules" in rules(place, "test", "--rules", "rules")[0]


@pytest.mark.parametrize("words, said", [
    (("backtest", "rules", "--file", "contacts.jsonl"), "OLD and NEW"),
    (("backtest", "rules", "rules", "more", "--file", "contacts.jsonl"), "too many"),
    (("backtest", "rules", "rules", "--file", "contacts.jsonl", "--jobs", "0"), "--jobs needs a number"),
    (("backtest", "rules", "rules", "--file", "contacts.jsonl", "--since", "3"), "give one"),
    (("backtest", "rules", "rules", "--file", "none.jsonl"), "none.jsonl"),
    (("backtest", "rules", "rules", "--file", "/dev/null"), "plain file"),
    (("backtest", "rules", "rules"), "/no/postroom.yaml"),
    (("fit", "--file", "contacts.jsonl", "--folds", "1"), "from 2 to 20"),
    (("fit", "--file", "contacts.jsonl", "--pull", "much"), "from 0.01 to 100"),
    (("fit", "--file", "contacts.jsonl", "--rules", "none"), "errors in the rules of none"),
    (("suggest", "--file", "contacts.jsonl", "--min-support", "4"), "from 5"),
    (("suggest", "--file", "contacts.jsonl", "--max"), "--max needs a number"),
])
def test_what_is_wrong_is_said(place, words, said):
    out, err = rules(place, *words, code=100)
    assert said in err and not out


@pytest.mark.parametrize("line, said", [
    ("{", "line 3: not a JSON object"), ("[1]", "line 3: another value than a JSON object"),
    ('{"right": "pothole"}', "line 3: \"right\" names services"), ('{"right": [557]}', "line 3: \"right\""),
])
@pytest.mark.parametrize("command", [("backtest", "rules", "rules", "--jobs", "3"), ("fit",), ("suggest",)])
def test_a_bad_line_is_named(place, command, line, said):
    (place / "bad.jsonl").write_text('{"id": 1}\n\n' + line + '\n{"id": 2}\n')
    assert said in rules(place, *command, "--file", "bad.jsonl", code=100)[1]


def test_bad_rules_are_all_told(place):
    rules_folder(place / "bad", RULES.replace("score: 2", "scoer: 2").replace("p1", "p9"))
    err = rules(place, "backtest", "rules", "bad", "--file", "contacts.jsonl", code=100)[1]
    assert "did you mean 'score'" in err and "'p9'" in err and "2 errors in the rules of bad" in err


# -- backtest ----------------------------------------------------------------------------------------------------------

CHANGE = """\
rules:
  - {name: die, disabled: yes}
  - {name: thanks, disabled: yes}
scores:
  road: 0.5
"""


@pytest.mark.parametrize("jobs", [1, 2, 7])
def test_backtest_counts_what_moves(place, jobs):
    rules_folder(place / "new", local=CHANGE)
    words = ("backtest", "rules", "new", "--file", "contacts.jsonl", "--jobs", jobs)
    got = json.loads(rules(place, *words, "--json")[0])
    assert (got["contacts"], got["judged"], got["moved"], got["unchanged"]) == (101, 80, 40, 40)
    assert got["moves"] == [{"from": "524/17", "to": "557/17", "count": 40, "righted": 40, "wronged": 0}]
    assert got["risk"] == [{"id": "c100", "from": "p1", "to": "none"}]
    assert {(k["from"], k["count"]) for k in got["kind"]} >= {("thanks", 20)}
    assert (got["old"]["right"], got["new"]["right"]) == (25, 65)
    assert (got["old"]["certain"], got["old"]["certain_right"]) == (25, 25)
    out, err = rules(place, *words)
    assert "     40      40       0  524/17 Missed bin -> 557/17 Pothole or a road" in out
    assert "  p1    -> none   c100\n" in out and "thanks -> " in out and not err
    assert "right best guess        31.3 %   81.3 %" in out


def test_backtest_of_the_same_rules_changes_nothing(place):
    out = rules(place, "backtest", "rules", "rules", "--file", "contacts.jsonl")[0]
    assert out.startswith("101 contacts in ") and "the verdict is the same for 101\n" in out
    assert "->" not in out and "RISK" not in out


def test_backtest_of_nothing(place):
    (place / "empty.jsonl").write_text("\n")
    assert rules(place, "backtest", "rules", "rules", "--file", "empty.jsonl")[0].startswith("0 contacts")


# -- fit ---------------------------------------------------------------------------------------------------------------

def test_fit_writes_points_that_load(place):
    out, err = rules(place, "fit", "--file", "contacts.jsonl", "-o", "fitted.yaml", "--pull", "0.1")
    assert "80 contacts that people put in place" in out and "written to fitted.yaml" in out and not err
    assert "right best guess        31.3 %   81.3 %" in out
    text = (place / "fitted.yaml").read_text()
    assert "\nscores:\n" in text and "  # was 4, 40 contacts\n" in text
    rules_folder(place / "new", local=text)
    got = json.loads(rules(place, "backtest", "rules", "new", "--file", "contacts.jsonl", "--json")[0])
    assert got["new"]["right"] == 65 and got["old"]["right"] == 25


def test_fit_overwrites_nothing(place):
    mine = place / "mine.yaml"
    mine.write_text("rules: []\n")
    err = rules(place, "fit", "--file", "contacts.jsonl", "-o", mine, code=100)[1]
    assert "is not overwritten" in err and mine.read_text() == "rules: []\n"


def test_fit_on_standard_output_is_the_file_alone(place):
    out, err = rules(place, "fit", "--file", "contacts.jsonl")
    assert out.startswith("# Points that") and "scores:\n" in out and "right best guess" in err
    assert rules(place, "fit", "--file", "contacts.jsonl")[0] == out, "the same contacts give the same points"


def test_nothing_to_fit_to(place):
    (place / "none.jsonl").write_text('{"text": "a pothole"}\n')
    assert "none of these contacts" in rules(place, "fit", "--file", "none.jsonl", code=100)[1]


# -- suggest -----------------------------------------------------------------------------------------------------------

def test_suggested_words_are_rules_that_load(place):
    out = rules(place, "suggest", "--file", "contacts.jsonl", "--max", "6")[0]
    table, snippet = out.split("\n# A start")
    assert [row.split() for row in table.splitlines() if row.startswith("sinkhole ")] == [
        ["sinkhole", "557/17", "Pothole", "or", "a", "r", "15", "15", "100", "%"]]
    rules_folder(place / "new", local="# A start" + snippet)
    assert "7 rules" in rules(place, "test", "--rules", "new")[0]
    got = json.loads(rules(place, "backtest", "rules", "new", "--file", "contacts.jsonl", "--json")[0])
    assert {"from": None, "to": "557/17", "count": 15, "righted": 15, "wronged": 0} in got["moves"]


def test_nothing_to_suggest(place):
    (place / "few.jsonl").write_text('{"text": "a sinkhole", "right": "557"}\n' * 4)
    assert "no phrase" in rules(place, "suggest", "--file", "few.jsonl")[0]


# -- an installation ---------------------------------------------------------------------------------------------------

def test_what_staff_did_is_learnt_from(tmp_path):
    own = shutil.copytree(ROOT / "rules", tmp_path / "own")
    with Postroom(tmp_path / "office", rules=own) as pr:
        pr.write_config({"console": account(pr)})
        pr.start("redis", "smtp-sink", "dispatch", "classify", "send", "ingest-email", "console")
        staff = Staff(pr)
        staff.sign_in()
        moved = [by_email(pr, "The gnomes on the roundabout have fallen over.", subject="gnomes",
                          sender=f"p{n}@example.org") for n in range(6)]
        left = by_email(pr, "My bin was not emptied this week.", subject="")
        for cid in moved:
            assert staff.press(staff.get(), "/assign", cid=cid, to="557/17")[0] == 303
        wait_for(lambda: all(flow.case(pr, c)["lgsl"] == 557 for c in moved))
        got = json.loads(pr.run("rules", "backtest", own, own, "--json", "-c", pr.config, check=True).stdout)
        assert (got["contacts"], got["judged"], got["unchanged"]) == (7, 6, 7)
        assert json.loads(pr.run("rules", "backtest", own, own, "--json", "--since", 1, check=True).stdout)["contacts"] == 7
        said = pr.run("rules", "suggest", check=True).stdout.decode()
        assert "gnomes" in said and "557/17" in said and "example.org" not in said
        assert pr.run("rules", "fit", check=True).stderr.startswith(b"6 contacts")
        (pr.spool / left[:2] / f"{left}.contact").unlink()
        told = pr.run("rules", "backtest", own, own, check=True).stdout.decode()
        assert told.startswith("6 contacts") and "(1 more could not be read" in told
