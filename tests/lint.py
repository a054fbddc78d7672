#!/usr/bin/python3
"""make lint: what a compiler does not say. All findings at once, as file:line: words; exit 1 if there are any.

    tests/lint.py [--fast]      --fast leaves out clang-tidy and cppcheck
"""

import concurrent.futures
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = ("include", "lib", "ingest", "classify", "dispatch", "console", "tools")
LINES_MAX, FUNCTION_MAX, COLUMNS_MAX = 600, 90, 100

# Which public headers (include/postroom/) belong to which layer, and what each folder may use.
LAYER = {
    "base": "arena banned buf cleanup clock embed err file log str utf8",
    "core": "avoidable bundle calendar catalogue cid config contact council diag digest option phone postcode queue "
            "record reference spool verdict yaml",
    "service": "service zygote",
    "mail": "mail",
    "store": "store",
    "gateway": "gateway http_client",
    "web": "page web",
    "submit": "submit",
    "classify": "classify learn",
    "cases": "case",
    "sections": "sections",
}
HEADER_LAYER = {h: layer for layer, names in LAYER.items() for h in names.split()}
MAY = {
    "lib/base": "base",
    "lib/core": "base core",
    "lib/service": "base core service",
    "lib/mail": "base core service mail",
    "lib/store": "base core store",
    "lib/gateway": "base core gateway",
    "lib/web": "base core web",
    "ingest": "base core service web gateway submit sections",
    "classify": "base core service mail classify sections",
    "dispatch": "base core service mail store gateway web cases sections",
    "console": "base core service store web classify cases sections",
    "tools": "base core service mail store gateway web submit classify cases sections",
    "include": " ".join(LAYER),
}
STAGES = ("ingest", "classify", "dispatch", "console", "tools")
# A third-party header lives in these places only (DESIGN: one library, one room).
THIRD = {
    r"hiredis/": ["lib/core/queue_redis"],
    r"sodium\.h": ["lib/core/digest.c"],
    r"yaml\.h": ["lib/core/yaml.c"],
    r"libetpan/": ["ingest/email/"],
    r"gnutls/": ["ingest/email/"],
    r"gmime/|glib|libxml/|uchardet": ["lib/mail/"],
    r"pcre2\.h": ["classify/match_"],
    r"hs\.h": ["classify/match_scan_hs.c"],
    r"uni(case|norm|ctype|str)\.h": ["classify/fold.c"],
    r"curl/": ["lib/gateway/http_client.c", "dispatch/send/smtp.c"],
    r"sqlite3\.h": ["lib/store/store_sqlite.c"],
    r"libpq-fe\.h|postgresql/": ["lib/store/store_pgsql.c"],
    r"microhttpd\.h": ["lib/web/"],
    r"seccomp\.h": ["lib/service/sandbox.c"],
    r"systemd/": ["lib/service/"],
    r"jansson\.h": ["tools/", "lib/gateway/gateway_"],
}

findings = []


def found(path, line, words):
    findings.append(f"{path}:{line}: {words}")


def sources(*folders, pattern="*.[ch]"):
    return sorted(p.relative_to(ROOT) for f in folders for p in (ROOT / f).rglob(pattern))


def folder_of(path):
    parts = path.parts
    return "/".join(parts[:2]) if parts[0] == "lib" else parts[0]


def check_include(path, line, name, system):
    text = str(path)
    for pattern, places in THIRD.items():
        if system and re.match(pattern, name) and not any(text.startswith(p) for p in places):
            found(path, line, f"<{name}> belongs to {' or '.join(places)} only")
    if system:
        return
    here = folder_of(path)
    if name.startswith("postroom/"):
        header = name[len("postroom/"):-2]
        layer = HEADER_LAYER.get(header)
        if layer is None:
            found(path, line, f"\"{name}\" has no layer: add it to LAYER in tests/lint.py")
        elif layer not in MAY[here].split():
            found(path, line, f"{here} may not use the layer '{layer}' (\"{name}\")")
    else:
        there = name.split("/")[0]
        if there in STAGES and there != path.parts[0]:
            found(path, line, f"stages do not include each other: \"{name}\"")


def check_text(path):
    lines = (ROOT / path).read_text().splitlines()
    if len(lines) > LINES_MAX:
        found(path, len(lines), f"{len(lines)} lines: split it (at most {LINES_MAX})")
    start, table = None, False
    for number, line in enumerate(lines, 1):
        table = "clang-format off" in line or (table and "clang-format on" not in line)
        include = re.match(r'\s*#\s*include\s+([<"])([^>"]+)[>"]', line)
        if include:
            check_include(path, number, include[2], include[1] == "<")
        if re.search(r"\b(TODO|FIXME|XXX|HACK)\b", line):
            found(path, number, "unfinished mark")
        if len(line.expandtabs(8)) > COLUMNS_MAX and not table:
            found(path, number, f"{len(line.expandtabs(8))} columns (at most {COLUMNS_MAX})")
        if path.suffix == ".c":
            if line == "{":
                start = number
            elif line == "}" and start:
                if number - start > FUNCTION_MAX:
                    found(path, start, f"a function of {number - start} lines (at most {FUNCTION_MAX})")
                start = None


def check_options():
    """A setting without help does not exist."""
    for path in sources("lib", "ingest", "classify", "dispatch", "console", pattern="*.c"):
        text = (ROOT / path).read_text()
        for use in re.finditer(r"PR_OPTION_(TEXT|INT|BOOL|DURATION|SIZE|CHOICE|SECRET|LIST)\(([^;{}]*?)\)\s*,?\s*\n",
                               text):
            if re.search(r',\s*(""|NULL)\s*$', use[2]):
                found(path, text[:use.start()].count("\n") + 1, "a setting without help")


def check_layer_of_tests():
    """Every source of lib/ has a test that mirrors its folder."""
    for folder in sorted((ROOT / "lib").iterdir()):
        if folder.is_dir() and any(folder.glob("*.c")) and not any((ROOT / "tests/unit/lib" / folder.name).glob("test_*.c")):
            found(folder.relative_to(ROOT), 1, "no unit tests in tests/unit/" + str(folder.relative_to(ROOT)))


def check_leaks():
    """Paths of somebody's machine have no place in the tree."""
    out = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    for name in out.splitlines():
        path = ROOT / name
        if name == "tests/lint.py" or not path.is_file():
            continue
        for number, line in enumerate(path.read_bytes().splitlines(), 1):
            if re.search(rb"/(work|root|home/[a-z]+)/", line):
                found(name, number, "a path of one machine")


def run(argv):
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)


def check_format():
    files = [str(p) for p in sources(*FOLDERS, "tests")]
    for line in run(["clang-format", "--dry-run", "--Werror", *files]).stderr.splitlines():
        hit = re.match(r"(.*?):(\d+):\d+: error: ", line)
        if hit:
            found(hit[1], hit[2], "not formatted: run `make format`")


def compile_flags():
    return shlex.split(run(["make", "-s", "print-cppflags"]).stdout)


def check_tidy():
    flags = compile_flags()
    files = [str(p) for p in sources(*FOLDERS, pattern="*.c")]

    def tidy(name):
        return run(["clang-tidy", "--quiet", name, "--", *flags, "-std=c11"]).stdout

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        seen = set()
        for out in pool.map(tidy, files):
            for hit in re.finditer(r"^(\S+?):(\d+):\d+: (?:warning|error): (.*)$", out, re.M):
                path = os.path.relpath(hit[1], ROOT)
                if (path, hit[2], hit[3]) not in seen:
                    seen.add((path, hit[2], hit[3]))
                    found(path, hit[2], hit[3])


def check_cppcheck():
    out = run(["cppcheck", "--quiet", "-j2", "--enable=warning,performance,portability", "--std=c11", "-Iinclude", "-I.",
               "--inline-suppr", "--suppress=missingInclude", "--suppress=missingIncludeSystem",
               "--suppressions-list=tests/cppcheck.suppress", "-D_GNU_SOURCE", '-DPR_VERSION="x"', "--template={file}:{line}: cppcheck: {message} ({id})",
               *FOLDERS[1:]]).stderr
    for line in out.splitlines():
        if re.match(r"\S+:\d+: cppcheck:", line):
            findings.append(line)


def main():
    os.chdir(ROOT)
    for path in sources(*FOLDERS):
        check_text(path)
    check_options()
    check_layer_of_tests()
    check_leaks()
    check_format()
    if "--fast" not in sys.argv:
        check_tidy()
        check_cppcheck()
    for finding in findings:
        print(finding)
    print(f"lint: {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
