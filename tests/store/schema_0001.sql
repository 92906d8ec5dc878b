-- The tables of a run as npcsim made them before stores had versions.
CREATE TABLE runs (
	id INTEGER NOT NULL,
	name TEXT NOT NULL,
	format INTEGER NOT NULL,
	created_utc TEXT NOT NULL,
	state TEXT NOT NULL,
	summary TEXT,
	events_head BLOB NOT NULL,
	calls_head BLOB NOT NULL,
	seal BLOB NOT NULL,
	bundle BLOB NOT NULL,
	PRIMARY KEY (id)
);
CREATE TABLE calls (
	run INTEGER NOT NULL,
	seq BIGINT NOT NULL,
	tick BIGINT NOT NULL,
	"key" TEXT NOT NULL,
	thought TEXT NOT NULL,
	tier TEXT NOT NULL,
	model TEXT NOT NULL,
	fingerprint TEXT NOT NULL,
	error TEXT NOT NULL,
	seconds DOUBLE NOT NULL,
	cost DOUBLE NOT NULL,
	chain BLOB NOT NULL,
	request TEXT NOT NULL,
	answer TEXT,
	PRIMARY KEY (run, seq),
	FOREIGN KEY(run) REFERENCES runs (id)
);
CREATE INDEX calls_by_key ON calls (run, "key");
CREATE TABLE events (
	run INTEGER NOT NULL,
	seq BIGINT NOT NULL,
	tick BIGINT NOT NULL,
	kind TEXT NOT NULL,
	chain BLOB NOT NULL,
	payload BLOB NOT NULL,
	blob BLOB NOT NULL,
	PRIMARY KEY (run, seq),
	FOREIGN KEY(run) REFERENCES runs (id)
);
CREATE TABLE snapshots (
	run INTEGER NOT NULL,
	tick BIGINT NOT NULL,
	chain BLOB NOT NULL,
	payload BLOB NOT NULL,
	PRIMARY KEY (run, tick),
	FOREIGN KEY(run) REFERENCES runs (id)
);
