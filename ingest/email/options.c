/*
 * options: the section `mailboxes` of postroom.yaml.
 */
#include "ingest/email/mailbox.h"
#include "postroom/sections.h"

#define T struct pr_mailbox_conf
/* clang-format off */
static const struct pr_option mailbox_options[] = {
	PR_OPTION_TEXT(T, name, NULL, "the mailbox' name: the account of its contacts; never change it"),
	PR_OPTION_CHOICE(T, type, "maildir", "maildir|imap", "where the mail is"),
	PR_OPTION_TEXT(T, path, "", "maildir: its folder, the one that holds new, cur and tmp"),
	PR_OPTION_TEXT(T, host, "", "imap: the server, as its certificate names it"),
	PR_OPTION_INT(T, port, "993", 1, 65535, "imap: its port; 143 with starttls as a rule"),
	PR_OPTION_CHOICE(T, tls, "implicit", "implicit|starttls", "imap: how the connection is secured; it always is"),
	PR_OPTION_TEXT(T, ca_file, "", "imap: PEM file of the authority that signed the server's certificate; empty: those the system trusts"),
	PR_OPTION_TEXT(T, username, "", "imap: whom to log in as"),
	PR_OPTION_SECRET(T, password, "", "imap: file with the password"),
	PR_OPTION_TEXT(T, folder, "INBOX", "imap: the folder that is read"),
	PR_OPTION_CHOICE(T, done, "keyword", "keyword|move|none", "imap: how a message that is safe is marked: the keyword $PostroomDone, a move to done_folder, or not at all"),
	PR_OPTION_TEXT(T, done_folder, "", "imap: where done: move puts messages; it must exist"),
	PR_OPTION_DURATION(T, poll, "60s", 100, 86400000, "how often it is looked at (a Maildir also at once, when a file arrives)"),
	PR_OPTION_DURATION(T, timeout, "30s", 1000, 600000, "imap: how long the server may be silent"),
	PR_OPTION_DURATION(T, deadline, "60s", 1000, 3600000, "imap: how long one command may take (and 1 s more for each 256 KB asked for)"),
	PR_OPTION_SIZE(T, size_max, "35M", 1024, INT64_MAX, "a longer message is taken, with a warning; one beyond 63 MB is left in the mailbox"),
	PR_OPTION_TEXT(T, state_dir, "", "folder of the memory of what was taken; empty: mailboxes in the spool's folder"),
	PR_OPTION_END };
/* clang-format on */
#undef T

static void
mailbox_check(const void *p, struct pr_mark mark, struct pr_diag *diag)
{
	const struct pr_mailbox_conf *c = p;
	const struct {
		bool wrong;
		const char *words;
	} rules[] = {
	    {c->type == PR_MAILBOX_MAILDIR && !*c->path, "a maildir needs 'path'"},
	    {c->type == PR_MAILBOX_IMAP && !*c->host, "an imap mailbox needs 'host'"},
	    {c->type == PR_MAILBOX_IMAP && (!*c->username || !*c->password),
	     "an imap mailbox needs 'username' and 'password'"},
	    {c->done == PR_MAILBOX_DONE_MOVE && !*c->done_folder, "done: move needs 'done_folder'"},
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].wrong)
			pr_diag_add(diag, mark, "mailbox '%s': %s", c->name, rules[i].words);
}

const struct pr_section pr_mailboxes_section = {"mailboxes",
						"where e-mail is taken from",
						true,
						sizeof(struct pr_mailbox_conf),
						mailbox_options,
						mailbox_check};
