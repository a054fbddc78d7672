-- The spine of the store: one row a contact, who wrote, the case it made, what happened, what is to be sent.
-- Times are milliseconds since 1970 UTC. UNIQUE constraints are the truth about duplicates.

CREATE TABLE citizen (
	id @SERIAL@,
	name TEXT NOT NULL,
	name_key TEXT NOT NULL,
	created_at @INTEGER@ NOT NULL
) @STRICT@;

-- A claim: somebody of this name wrote from here. Claimed is not verified.
CREATE TABLE contact_point (
	id @SERIAL@,
	citizen_id @INTEGER@ NOT NULL REFERENCES citizen (id),
	kind TEXT NOT NULL,
	value TEXT NOT NULL,
	name_key TEXT NOT NULL,
	verified @INTEGER@ NOT NULL DEFAULT 0,
	created_at @INTEGER@ NOT NULL,
	UNIQUE (kind, value, name_key)
) @STRICT@;
CREATE INDEX contact_point_citizen ON contact_point (citizen_id);

CREATE TABLE service_case (
	id @SERIAL@,
	reference TEXT NOT NULL UNIQUE,
	citizen_id @INTEGER@ REFERENCES citizen (id),
	lgsl @INTEGER@ NOT NULL,
	lgil @INTEGER@ NOT NULL,
	team TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('open', 'closed')),
	queue TEXT NOT NULL CHECK (queue IN ('team', 'risk', 'triage', 'unreadable')),
	why TEXT NOT NULL,
	opened_at @INTEGER@ NOT NULL,
	due_at @INTEGER@,
	due_confirmed @INTEGER@ NOT NULL,
	closed_at @INTEGER@,
	restricted @INTEGER@ NOT NULL,
	possible_duplicate @INTEGER@ NOT NULL
) @STRICT@;
-- What waits for a person: the queues of the staff page.
CREATE INDEX service_case_waiting ON service_case (queue, opened_at) WHERE state = 'open';

CREATE TABLE contact (
	cid TEXT NOT NULL PRIMARY KEY,
	reference TEXT NOT NULL UNIQUE,
	channel TEXT NOT NULL,
	account TEXT NOT NULL,
	kind TEXT NOT NULL,
	lang TEXT NOT NULL,
	risk TEXT NOT NULL,
	rules_version TEXT NOT NULL,
	received_at @INTEGER@ NOT NULL,
	recorded_at @INTEGER@ NOT NULL,
	case_id @INTEGER@ REFERENCES service_case (id),
	citizen_id @INTEGER@ REFERENCES citizen (id),
	lgsl @INTEGER@ NOT NULL,
	lgil @INTEGER@ NOT NULL,
	certain @INTEGER@ NOT NULL,
	how TEXT NOT NULL,
	same_key TEXT NOT NULL,
	canary @INTEGER@ NOT NULL,
	shadow @INTEGER@ NOT NULL,
	possible_duplicate @INTEGER@ NOT NULL
) @STRICT@;
CREATE INDEX contact_case ON contact (case_id);
CREATE INDEX contact_same ON contact (same_key) WHERE same_key <> '';
CREATE INDEX contact_canary ON contact (channel, recorded_at) WHERE canary = 1;

-- Never a rewrite: a wrong link is undone by a person and stays readable.
CREATE TABLE identity_link (
	id @SERIAL@,
	cid TEXT NOT NULL REFERENCES contact (cid),
	citizen_id @INTEGER@ NOT NULL REFERENCES citizen (id),
	score @INTEGER@ NOT NULL,
	evidence TEXT NOT NULL,
	who TEXT NOT NULL,
	created_at @INTEGER@ NOT NULL,
	undone_at @INTEGER@,
	undone_by TEXT,
	UNIQUE (cid, citizen_id)
) @STRICT@;

-- Append only. digest chains over payload_digest, so that a payload can be erased and the chain still holds.
CREATE TABLE event (
	seq @INTEGER@ NOT NULL PRIMARY KEY,
	cid TEXT NOT NULL,
	case_id @INTEGER@,
	kind TEXT NOT NULL,
	who TEXT NOT NULL,
	payload TEXT,
	payload_digest TEXT NOT NULL,
	created_at @INTEGER@ NOT NULL,
	digest TEXT NOT NULL
) @STRICT@;
CREATE INDEX event_contact ON event (cid);
CREATE INDEX event_case ON event (case_id);

-- One row: the end of the chain. Whoever adds an event holds its lock until COMMIT.
CREATE TABLE event_head (
	id @INTEGER@ NOT NULL PRIMARY KEY CHECK (id = 1),
	seq @INTEGER@ NOT NULL,
	digest TEXT NOT NULL
) @STRICT@;
INSERT INTO event_head (id, seq, digest)
	VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

CREATE TABLE outbox (
	id @SERIAL@,
	cid TEXT NOT NULL REFERENCES contact (cid),
	case_id @INTEGER@ REFERENCES service_case (id),
	kind TEXT NOT NULL,
	lane TEXT NOT NULL CHECK (lane IN ('urgent', 'normal')),
	channel TEXT NOT NULL CHECK (channel IN ('email', 'sms')),
	address TEXT NOT NULL,
	lang TEXT NOT NULL,
	subject TEXT NOT NULL,
	body TEXT NOT NULL,
	message_id TEXT NOT NULL UNIQUE,
	in_reply_to TEXT NOT NULL,
	references_text TEXT NOT NULL,
	state TEXT NOT NULL
		CHECK (state IN ('pending', 'sending', 'sent', 'deferred', 'unknown', 'dead', 'held')),
	attempt @INTEGER@ NOT NULL,
	lease_until @INTEGER@ NOT NULL,
	next_at @INTEGER@ NOT NULL,
	created_at @INTEGER@ NOT NULL,
	detail TEXT NOT NULL,
	UNIQUE (cid, kind)
) @STRICT@;
-- The order in which rows are sent; "urgent" sorts after "normal", hence DESC.
CREATE INDEX outbox_due ON outbox (lane DESC, next_at, id) WHERE state IN ('pending', 'deferred');
CREATE INDEX outbox_open ON outbox (state) WHERE state IN ('sending', 'unknown');
CREATE INDEX outbox_address ON outbox (address, created_at);

CREATE TABLE suppression (
	address TEXT NOT NULL PRIMARY KEY,
	reason TEXT NOT NULL,
	created_at @INTEGER@ NOT NULL
) @STRICT@;

CREATE TABLE buried (
	cid TEXT NOT NULL PRIMARY KEY,
	channel TEXT NOT NULL,
	reason TEXT NOT NULL,
	created_at @INTEGER@ NOT NULL
) @STRICT@;
