"""Programs that refuse to run as root, and the servers they need, are tested and measured as `nobody`."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]


def needless(folder, names):
    """What no test reads. The plain build's objects are kept: bugs are planted beside them (tests/faults)."""
    skip = {".git", "__pycache__", "run", "fuzz"}
    return skip | {"obj"} if pathlib.Path(folder).name == "san" else skip


def as_ordinary_user(script, folder=None, tell=None):
    """As root: copy what tests need to a folder of nobody's (below `folder`) and start the script again there with
    the same arguments; never returns then. `tell` is called here with each line that it prints."""
    if os.getuid() != 0:
        return
    home = pathlib.Path(tempfile.mkdtemp(prefix="postroom-test-", dir=folder))
    try:
        shutil.copytree(ROOT, home / "tree", ignore=needless, symlinks=True)
        (home / "tmp").mkdir()
        subprocess.run(["chown", "-R", "nobody:nogroup", home], check=True)
        env = dict(os.environ, HOME=str(home / "tmp"), TMPDIR=str(home / "tmp"), PYTHONDONTWRITEBYTECODE="1")
        env.pop("CREDENTIALS_DIRECTORY", None)
        # What lies beside the checkout does not lie beside its copy.
        env.setdefault("POSTROOM_SHARED", str(ROOT.parent / "shared"))
        copy = home / "tree" / pathlib.Path(script).resolve().relative_to(ROOT)
        with subprocess.Popen([*NOBODY, "/usr/bin/python3", str(copy), *sys.argv[1:]], cwd=home / "tree", env=env,
                              stdout=subprocess.PIPE if tell else None, text=True) as process:
            for line in process.stdout or ():
                print(line, end="", flush=True)
                tell(line)
        code = process.returncode
    finally:
        shutil.rmtree(home, ignore_errors=True)
    sys.exit(code)
