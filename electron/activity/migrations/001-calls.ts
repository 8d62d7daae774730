/** One row per call, the words in it, how many there are of each kind, and what is known to be missing. */
export const calls = `
  CREATE TABLE calls (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    time TEXT NOT NULL,
    client TEXT,
    client_name TEXT,
    server TEXT NOT NULL,
    method TEXT NOT NULL,
    target TEXT,
    outcome TEXT NOT NULL,
    code TEXT,
    message TEXT,
    duration_ms REAL NOT NULL,
    request_bytes INTEGER NOT NULL,
    response_bytes INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX calls_by_server ON calls (server);
  CREATE INDEX calls_by_client ON calls (client);
  CREATE INDEX calls_by_outcome ON calls (outcome);

  -- Counting a million rows for “of 1,204,331” would take longer than the page itself.
  CREATE TABLE tallies (
    server TEXT NOT NULL,
    client TEXT NOT NULL,
    outcome TEXT NOT NULL,
    calls INTEGER NOT NULL,
    PRIMARY KEY (server, client, outcome)
  ) STRICT, WITHOUT ROWID;

  -- Trigrams find any part of a word, as people type it.
  CREATE VIRTUAL TABLE words USING fts5 (
    target, server, client, client_name, message,
    content = 'calls', content_rowid = 'id', tokenize = 'trigram'
  );

  CREATE TRIGGER calls_added AFTER INSERT ON calls BEGIN
    INSERT INTO words (rowid, target, server, client, client_name, message)
      VALUES (new.id, new.target, new.server, new.client, new.client_name, new.message);
    INSERT INTO tallies VALUES (new.server, ifnull(new.client, ''), new.outcome, 1)
      ON CONFLICT DO UPDATE SET calls = calls + 1;
  END;
  CREATE TRIGGER calls_removed AFTER DELETE ON calls BEGIN
    INSERT INTO words (words, rowid, target, server, client, client_name, message)
      VALUES ('delete', old.id, old.target, old.server, old.client, old.client_name, old.message);
    UPDATE tallies SET calls = calls - 1
      WHERE server = old.server AND client = ifnull(old.client, '') AND outcome = old.outcome;
    DELETE FROM tallies WHERE calls = 0;
  END;

  -- Calls that could not be written, as far as known.
  CREATE TABLE gaps (
    id INTEGER PRIMARY KEY,
    noticed TEXT NOT NULL,
    reason TEXT NOT NULL,
    calls INTEGER,
    since TEXT,
    until TEXT
  ) STRICT;
`
