/** The version of the tables below, and the oldest that can be brought up to date. */
export const FIRST_VERSION = 5;

/**
 * Tables of the store as they were at `FIRST_VERSION`; later changes are in `migrations.ts`, never here. Energy in Wh;
 * chain and device times in unix seconds, own times (`…_at`) in milliseconds.
 */
export const schema = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

-- Every accepted reading, as signed; signature is NULL where the device does not sign. Never changed, never deleted.
CREATE TABLE readings (
  id INTEGER PRIMARY KEY,
  serial TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  timestamp INTEGER NOT NULL,
  export_wh INTEGER NOT NULL,
  import_wh INTEGER NOT NULL,
  stored_wh INTEGER NOT NULL,
  signature BLOB,
  received_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX readings_sequence ON readings (serial, (signature IS NULL), epoch, sequence);
CREATE INDEX readings_serial ON readings (serial, id);
CREATE TRIGGER readings_stay BEFORE UPDATE ON readings BEGIN SELECT RAISE(ABORT, 'readings are append-only'); END;
-- Until they are older than meta.retention (milliseconds); see rollups.ts.
CREATE TRIGGER readings_remain BEFORE DELETE ON readings
  WHEN OLD.received_at >= coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'retention'), 0)
  BEGIN SELECT RAISE(ABORT, 'readings are append-only'); END;

-- The registers as they stood at the end of each span (900, 3,600 and 86,400 s) that begins at start.
CREATE TABLE rollups (
  span INTEGER NOT NULL,
  serial TEXT NOT NULL,
  start INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  signed INTEGER NOT NULL,
  export_wh INTEGER NOT NULL,
  import_wh INTEGER NOT NULL,
  readings INTEGER NOT NULL,
  PRIMARY KEY (span, serial, start, epoch, signed)
) STRICT, WITHOUT ROWID;

-- Messages that were refused, the latest of them.
CREATE TABLE rejects (
  id INTEGER PRIMARY KEY,
  received_at INTEGER NOT NULL,
  topic TEXT NOT NULL,
  serial TEXT NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  payload BLOB NOT NULL
) STRICT;

-- Meters whose readings do not count for now; an accepted one or another epoch ends it.
CREATE TABLE holds (
  serial TEXT PRIMARY KEY,
  epoch INTEGER NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  since INTEGER NOT NULL
) STRICT;

-- One nonce sequence a sender. A transaction is here, signed, before it is sent.
CREATE TABLE transactions (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  sender TEXT NOT NULL,
  nonce INTEGER NOT NULL,
  target TEXT NOT NULL,
  data TEXT NOT NULL,
  gas INTEGER NOT NULL,
  -- pending: sent or to be sent; mined: in a block; final: deep enough; replaced: another transaction took the nonce.
  state TEXT NOT NULL CHECK (state IN ('pending', 'mined', 'final', 'replaced')),
  success INTEGER,
  hash TEXT,
  block_number INTEGER,
  block_hash TEXT,
  created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX transactions_nonce ON transactions (sender, nonce) WHERE state <> 'replaced';
CREATE INDEX transactions_open ON transactions (state) WHERE state IN ('pending', 'mined');

-- The signed bytes of a transaction, one row for each fee that was tried.
CREATE TABLE attempts (
  hash TEXT PRIMARY KEY,
  transaction_id INTEGER NOT NULL REFERENCES transactions (id),
  raw TEXT NOT NULL,
  max_fee INTEGER NOT NULL,
  priority_fee INTEGER NOT NULL,
  created_block INTEGER NOT NULL
) STRICT;
CREATE INDEX attempts_transaction ON attempts (transaction_id);

-- Readings that are to be reported: the last of a closed window, or by hand.
CREATE TABLE settlements (
  id INTEGER PRIMARY KEY,
  reading_id INTEGER NOT NULL UNIQUE REFERENCES readings (id),
  serial TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  -- Of the reading.
  timestamp INTEGER NOT NULL,
  -- NULL when settled by hand.
  window_end INTEGER,
  -- 1 when this node was asked for it, so that the other members know nothing of it.
  asked INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL CHECK (state IN ('pending', 'submitted', 'settled', 'skipped')),
  transaction_id INTEGER REFERENCES transactions (id),
  -- Why the converter skipped it, or why it counts as settled without an event of its own.
  reason TEXT,
  tries INTEGER NOT NULL DEFAULT 0,
  not_before INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) STRICT;
-- Never two different reports for one window.
CREATE UNIQUE INDEX settlements_window ON settlements (serial, epoch, window_end) WHERE window_end IS NOT NULL;
CREATE INDEX settlements_pending ON settlements (id) WHERE state = 'pending';
CREATE INDEX settlements_transaction ON settlements (transaction_id);
CREATE INDEX settlements_serial ON settlements (serial, id);
CREATE INDEX settlements_timestamp ON settlements (serial, epoch, timestamp);

-- What the chain settled, whoever reported it. A reorganisation takes back what is not final.
CREATE TABLE chain_settlements (
  serial TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  timestamp INTEGER NOT NULL,
  tokens_wh INTEGER NOT NULL,
  debt_wh INTEGER NOT NULL,
  hash TEXT NOT NULL,
  block_number INTEGER NOT NULL,
  final INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (serial, epoch, timestamp)
) STRICT, WITHOUT ROWID;
CREATE INDEX chain_settlements_open ON chain_settlements (block_number) WHERE final = 0;

-- Reports that this node has put its name to, written before the signature leaves. Never changed, never deleted.
CREATE TABLE signed_reports (
  serial TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  -- The reading's own time when it was settled by hand.
  window_end INTEGER NOT NULL,
  timestamp INTEGER NOT NULL,
  digest TEXT NOT NULL,
  signed_at INTEGER NOT NULL,
  PRIMARY KEY (serial, epoch, window_end)
) STRICT, WITHOUT ROWID;
CREATE INDEX signed_reports_timestamp ON signed_reports (serial, epoch, timestamp);
CREATE TRIGGER signed_reports_stay BEFORE UPDATE ON signed_reports BEGIN SELECT RAISE(ABORT, 'signed reports stay'); END;
CREATE TRIGGER signed_reports_remain BEFORE DELETE ON signed_reports BEGIN SELECT RAISE(ABORT, 'signed reports stay'); END;

-- What members refused to sign, and what each side showed; the latest of them.
CREATE TABLE disputes (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  proposer TEXT NOT NULL,
  refuser TEXT NOT NULL,
  serial TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  window_end INTEGER NOT NULL,
  reason TEXT NOT NULL,
  -- Readings as they travel; evidence is NULL where the refusal needs none.
  proposed TEXT NOT NULL,
  evidence TEXT
) STRICT;
CREATE UNIQUE INDEX disputes_once ON disputes (proposer, refuser, serial, epoch, window_end, reason);

CREATE TABLE commands (
  id TEXT PRIMARY KEY,
  serial TEXT NOT NULL,
  name TEXT NOT NULL,
  message TEXT NOT NULL,
  nonce INTEGER NOT NULL,
  deadline INTEGER NOT NULL,
  trade_id INTEGER,
  -- The address that asked for it, or what the node acted on.
  requested_by TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'done', 'rejected', 'expired')),
  reason TEXT NOT NULL DEFAULT '',
  tries INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (serial, nonce)
) STRICT;
CREATE INDEX commands_serial ON commands (serial, created_at);
-- What was done about a command, and when: its audit trail. Never changed, never deleted.
CREATE TABLE command_events (
  id INTEGER PRIMARY KEY,
  command_id TEXT NOT NULL REFERENCES commands (id),
  at INTEGER NOT NULL,
  event TEXT NOT NULL CHECK (event IN ('queued', 'sent', 'done', 'rejected', 'expired')),
  detail TEXT NOT NULL
) STRICT;
CREATE INDEX command_events_command ON command_events (command_id);
CREATE TRIGGER command_events_stay BEFORE UPDATE ON command_events BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER command_events_remain BEFORE DELETE ON command_events BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE INDEX commands_open ON commands (next_at) WHERE state IN ('queued', 'sent');

-- Accepted trades that this node sees through to their delivery.
CREATE TABLE trades (
  id INTEGER PRIMARY KEY,
  serial TEXT NOT NULL,
  -- Where on chain it was accepted: trades of a battery are delivered in this order.
  accepted_block INTEGER NOT NULL,
  accepted_log INTEGER NOT NULL,
  -- open: not delivered in full; closed: nothing left to do.
  state TEXT NOT NULL CHECK (state IN ('open', 'closed')),
  command_id TEXT REFERENCES commands (id),
  delivery_id INTEGER REFERENCES transactions (id),
  not_before INTEGER NOT NULL DEFAULT 0
) STRICT;

-- People who have signed in here.
CREATE TABLE accounts (
  address TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- Of a session only the hash of its secret is kept.
CREATE TABLE sessions (
  hash TEXT PRIMARY KEY,
  address TEXT NOT NULL REFERENCES accounts (address),
  expires_at INTEGER NOT NULL
) STRICT;

-- What somebody should look at, once while it lasts.
CREATE TABLE alerts (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  -- Of the meter; empty when it is about the node.
  serial TEXT NOT NULL,
  detail TEXT NOT NULL,
  raised_at INTEGER NOT NULL,
  ended_at INTEGER,
  -- The webhook's: when it is tried next; NULL when it was told, or there is none.
  webhook_at INTEGER,
  webhook_tries INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX alerts_open ON alerts (kind, serial) WHERE ended_at IS NULL;
CREATE INDEX alerts_serial ON alerts (serial, id);
CREATE INDEX alerts_webhook ON alerts (webhook_at) WHERE webhook_at IS NOT NULL;
`;
