#!/usr/bin/python3
"""Run every test and end in one summary line.

    tests/run.py BUILD [--san BUILD] [pytest arguments...]

BUILD has the programs and unit tests of `make all unit-bin`. Unit tests run from both builds (plain and with
sanitizers), then pytest over tests/pipeline, tests/faults (the quick set), tests/rules and tests/browser. The
servers that tests start refuse to run as root: as root everything is copied to a folder of its own and run there
as `nobody`.
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.ordinary import as_ordinary_user  # noqa: E402

SUITES = ["tests/pipeline", "tests/faults", "tests/rules", "tests/browser"]
UNIT_SECONDS = 120


def run_unit(binary):
    start = time.monotonic()
    env = dict(os.environ, POSTROOM_SOURCE=str(ROOT), CMOCKA_MESSAGE_OUTPUT="STDOUT",
               ASAN_OPTIONS="detect_leaks=1:abort_on_error=0", UBSAN_OPTIONS="print_stacktrace=1")
    try:
        done = subprocess.run([binary], cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=UNIT_SECONDS, check=False)
        out, code = done.stdout.decode(errors="replace"), done.returncode
    except subprocess.TimeoutExpired as late:
        out, code = (late.stdout or b"").decode(errors="replace") + "\ntoo slow", -1
    count = {word: sum(int(n) for n in re.findall(r"\[  %s *\] (\d+) test" % word, out))
             for word in ("PASSED", "FAILED", "SKIPPED")}
    if code != 0 and count["FAILED"] == 0:
        count["FAILED"] = 1  # crashed, or a sanitizer's word after the last test
    return binary, count, out, time.monotonic() - start


def run_units(builds):
    total = {"PASSED": 0, "FAILED": 0, "SKIPPED": 0}
    binaries = [str(p) for b in builds for p in sorted(pathlib.Path(b, "tests").rglob("test_*"))
                if os.access(p, os.X_OK) and p.is_file()]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for binary, count, out, seconds in pool.map(run_unit, binaries):
            for word in total:
                total[word] += count[word]
            words = "FAILED" if count["FAILED"] else "ok"
            print(f"unit {binary}: {words}, {count['PASSED']} passed ({seconds:.1f} s)", flush=True)
            if count["FAILED"]:
                print(out[-6000:], flush=True)
    return total


def run_pytest(build, arguments):
    total = {"PASSED": 0, "FAILED": 0, "SKIPPED": 0}
    suites = [s for s in SUITES if any((ROOT / s).glob("test_*.py"))]
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.xml")
        env = dict(os.environ, POSTROOM_BIN=str(ROOT / build / "bin"))
        code = subprocess.run(["/usr/bin/python3", "-m", "pytest", "-q", "-rfEs", "--durations=8", "-p",
                               "no:cacheprovider", f"--junitxml={report}", *(arguments or suites)], cwd=ROOT, env=env,
                              check=False).returncode
        try:
            suite = ET.parse(report).getroot().find("testsuite")
        except (OSError, ET.ParseError):
            suite = None
    if suite is None:
        total["FAILED"] = 1
        return total
    total["FAILED"] = int(suite.get("failures")) + int(suite.get("errors"))
    total["SKIPPED"] = int(suite.get("skipped"))
    total["PASSED"] = int(suite.get("tests")) - total["FAILED"] - total["SKIPPED"]
    if code not in (0, 1, 5) and total["FAILED"] == 0:
        total["FAILED"] = 1
    return total


def main():
    as_ordinary_user(__file__)
    if not os.access(os.environ.get("POSTROOM_SHARED", "/"), os.X_OK):
        del os.environ["POSTROOM_SHARED"]  # beside a checkout of root's, and not for us
    arguments = sys.argv[1:]
    build = arguments.pop(0)
    builds = [build]
    if arguments[:1] == ["--san"]:
        builds.append(arguments[1])
        arguments = arguments[2:]
    start = time.monotonic()
    totals = [run_units(builds) if not arguments else {}, run_pytest(build, arguments)]
    passed, failed, skipped = (sum(t.get(w, 0) for t in totals) for w in ("PASSED", "FAILED", "SKIPPED"))
    print(f"\ntook {time.monotonic() - start:.0f} s")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
