const texts = (row: string) =>
  ['target', 'server', 'client', 'client_name', 'message'].map((column) => `ifnull(${row}.${column}, '')`).join(', ')
const isOf = (row: string) => `(w.target, w.server, w.client, w.client_name, w.message) = (${texts(row)})`

/**
 * The words of a call are those of thousands before it: each wording is indexed once, and counted, instead of once per
 * call. Indexing them anew had been four fifths of what a row cost.
 */
export const wordings = `
  DROP TRIGGER calls_added;
  DROP TRIGGER calls_removed;
  DROP TABLE words;

  CREATE TABLE wordings (
    id INTEGER PRIMARY KEY,
    target TEXT NOT NULL,
    server TEXT NOT NULL,
    client TEXT NOT NULL,
    client_name TEXT NOT NULL,
    message TEXT NOT NULL,
    calls INTEGER NOT NULL,
    UNIQUE (target, server, client, client_name, message)
  ) STRICT;

  -- Trigrams find any part of a word, as people type it.
  CREATE VIRTUAL TABLE words USING fts5 (
    target, server, client, client_name, message,
    content = 'wordings', content_rowid = 'id', tokenize = 'trigram'
  );
  CREATE TRIGGER wordings_added AFTER INSERT ON wordings BEGIN
    INSERT INTO words (rowid, target, server, client, client_name, message)
      VALUES (new.id, new.target, new.server, new.client, new.client_name, new.message);
  END;
  CREATE TRIGGER wordings_removed AFTER DELETE ON wordings BEGIN
    INSERT INTO words (words, rowid, target, server, client, client_name, message)
      VALUES ('delete', old.id, old.target, old.server, old.client, old.client_name, old.message);
  END;

  INSERT INTO wordings (target, server, client, client_name, message, calls)
    SELECT ${texts('c')}, count(*) FROM calls c GROUP BY 1, 2, 3, 4, 5;
  ALTER TABLE calls ADD COLUMN wording INTEGER;
  UPDATE calls SET wording = (SELECT id FROM wordings w WHERE ${isOf('calls')});
  CREATE INDEX calls_by_wording ON calls (wording);

  CREATE TRIGGER calls_added AFTER INSERT ON calls BEGIN
    INSERT INTO wordings (target, server, client, client_name, message, calls) VALUES (${texts('new')}, 1)
      ON CONFLICT DO UPDATE SET calls = calls + 1;
    UPDATE calls SET wording = (SELECT id FROM wordings w WHERE ${isOf('new')}) WHERE id = new.id;
    INSERT INTO tallies VALUES (new.server, ifnull(new.client, ''), new.outcome, 1)
      ON CONFLICT DO UPDATE SET calls = calls + 1;
  END;
  -- With its last call goes the wording: what was erased must not be found in the index.
  CREATE TRIGGER calls_removed AFTER DELETE ON calls BEGIN
    UPDATE wordings SET calls = calls - 1 WHERE id = old.wording;
    DELETE FROM wordings WHERE id = old.wording AND calls = 0;
    UPDATE tallies SET calls = calls - 1
      WHERE server = old.server AND client = ifnull(old.client, '') AND outcome = old.outcome;
    DELETE FROM tallies WHERE calls = 0;
  END;
`
