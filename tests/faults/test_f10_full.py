"""F10: the disk is full, for the spool, for Redis, for the store, each on a small tmpfs of its own.

Proven: where the spool has no room the source is told no (the mail stays in new/, the form says 503 with
Retry-After and the webhook 503); where Redis or the store have none, intake goes on. When there is room again
everything resumes by itself (Redis, which ends itself, is started again); nothing is lost, nothing is doubled.
"""

import json
import pathlib
import subprocess
import sys
import time

import pytest

# Root of the first namespace may mount; the second gives an ordinary user back, which is who daemons run as.
SCRIPT = 'mount -t tmpfs -o size=80m none "$1" && shift && exec unshare -U --map-user=1000 --map-group=1000 "$@"'
PARTS = ["spool", pytest.param("spool-enospc", marks=pytest.mark.full_only), "redis", "store"]


def namespaces_work(folder):
    return subprocess.run(["unshare", "-Urm", "sh", "-c", SCRIPT, "-", folder, "true"], capture_output=True,
                          check=False).returncode == 0


@pytest.mark.parametrize("part", PARTS)
def test_full_disk(tmp_path, seed, full, figure, part):
    levels = 3 if full else 1
    disk = tmp_path / part.split("-")[0]
    disk.mkdir()
    if not namespaces_work(disk):
        pytest.skip("this system lets no ordinary user make a mount namespace (unshare -Urm)")
    start = time.monotonic()
    done = subprocess.run(
        ["unshare", "-Urm", "sh", "-c", SCRIPT, "-", disk, sys.executable,
         pathlib.Path(__file__).with_name("full_disk.py"), part, tmp_path, str(seed), str(levels)],
        capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr[-6000:]
    counts = json.loads(done.stdout.splitlines()[-1])
    figure(f"F10 {part}: full {levels} times in {time.monotonic() - start:.1f} s; {counts}")
