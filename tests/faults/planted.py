"""Mistakes that must not stay unseen: each is a change of the source, built beside the real programs."""

import dataclasses
import os
import pathlib
import re
import shutil
import subprocess

from tests.support.harness import BIN, ROOT

IGNORED = shutil.ignore_patterns(".git", "build", "run", "__pycache__", "corpora")


@dataclasses.dataclass
class Bug:
    name: str
    programs: str
    changes: list  # (file, words, other words); blanks and line ends do not matter


BUGS = {b.name: b for b in (
    Bug("done before COMMIT", "dispatch", [
        ("dispatch/batch.c", "if (transact(d, entries, (size_t)loaded, careful, err) < 0) {",
         "struct pr_ticket early = d->hand[0]; if (pr_queue_done(d->queue, &early, 1, err) < 0) return -1;\n"
         "if (transact(d, entries, (size_t)loaded, careful, err) < 0) {")]),
    Bug("mail told before its bundle is durable", "ingest-email", [
        ("ingest/email/serve.c", "if (pr_mailbox_submit(",
         "if (m->driver->done(m, &e->batch, err) < 0) return PR_STEP_ERROR;\nif (pr_mailbox_submit(")]),
    Bug("one bundle not flushed", "ingest-email", [
        ("lib/core/spool_put.c", "if (alone && fsync(fd) < 0)", "if (alone && fd < 0)")]),
    Bug("a batch of bundles not flushed", "ingest-email", [
        ("lib/core/spool_put.c", "if (written && !alone && syncfs(fs) < 0)", "if (written && !alone && fs < 0)")]),
    Bug("an expired lease sent again", "send", [
        ("lib/store/store_outbox.c", "UPDATE outbox SET state = 'unknown', detail = 'its lease",
         "UPDATE outbox SET state = 'pending', detail = 'its lease")]),
    Bug("a late sender settles another's attempt", "send", [
        ("lib/store/store_outbox.c", "WHERE id = $4 AND attempt = $5 AND state IN",
         "WHERE id = $4 AND attempt >= $5 AND state IN")]),
    # The Function asks again by itself, so one of the two alone does no harm; and whoever starts last loads it.
    Bug("a sweep that does not ask what is live", "dispatch ingest-sms classify", [
        ("dispatch/sweep.c", "if (live[i] || buried[i])", "if (buried[i])"),
        ("lib/core/queue.lua", "if redis.call('SISMEMBER', keys[LIVE], args[i + 1]) == 0 then", "if true then")]),
    Bug("a contact's row added without ON CONFLICT", "dispatch", [
        ("lib/store/store_contact.c", ") ON CONFLICT (cid) DO NOTHING", ")")]),
    Bug("a webhook told yes whatever became of it", "ingest-sms", [
        ("ingest/sms/webhook.c", ": store_text(w, conf, &text, q->arena, err)) < 0)",
         ": store_text(w, conf, &text, q->arena, err)) < -1)")]),
    Bug("an id that is drawn and not derived", "ingest-web", [
        ("ingest/submit.c", "if (in->token.n > 0 || in->channel == PR_CHANNEL_EMAIL) return in->token;",
         "if (in->channel == PR_CHANNEL_EMAIL) return in->token;")]),
    Bug("a risk told to the log", "classify", [
        ("classify/read.c", 'if (!pr_str_eq_c(c->risk, "none") || c->flags.n || !pr_str_cut(', "if (!pr_str_cut(")]),
)}


def changed(tree, file, words, others):
    """The file's text with the bug in it."""
    pattern = r"\s+".join(re.escape(word) for word in words.split())
    text, n = re.subn(pattern, lambda _: others, (tree / file).read_text())
    assert n == 1, f"{file} has {n} times what a planted bug replaces; write tests/faults/planted.py anew: {words}"
    return text


def can_build():
    """The objects of the given build are at hand: one file is compiled, not all."""
    return (BIN.parent / "obj").is_dir()


def plant(folder, bug):
    """The folder with the programs, of which bug.programs have the bug."""
    tree = pathlib.Path(folder) / "tree"
    shutil.copytree(ROOT, tree, ignore=IGNORED, symlinks=True)
    if can_build():
        shutil.copytree(BIN.parent, tree / "build", ignore=shutil.ignore_patterns("san", "fuzz", "tests"))
    for file, words, others in bug.changes:
        (tree / file).write_text(changed(tree, file, words, others))
    done = subprocess.run(["make", "-s", f"-j{os.cpu_count()}", "BUILD=build", "NO_WERROR=1",
                           *(f"build/bin/postroom-{name}" for name in bug.programs.split())],
                          cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    programs = tree / "build/bin"
    for real in BIN.iterdir():
        if not (programs / real.name).exists():
            shutil.copy2(real, programs / real.name)
    return programs
