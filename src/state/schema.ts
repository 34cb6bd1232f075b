/**
 * Tables of a catalogue. Items lie packed in pages of sorted entries, like the leaves of a B-tree: a run rewrites
 * only the pages in which something changed, and a page costs one row.
 */
export const SCHEMA_VERSION = 2;

export const SCHEMA = `
CREATE TABLE IF NOT EXISTS chain (
  destination TEXT PRIMARY KEY,
  state TEXT NOT NULL            -- JSON of ChainState
) STRICT;
CREATE TABLE IF NOT EXISTS backup_set (
  destination TEXT NOT NULL,
  counter INTEGER NOT NULL,
  used TEXT NOT NULL,            -- JSON of UsedSet
  PRIMARY KEY (destination, counter)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS unit (
  id INTEGER PRIMARY KEY,
  destination TEXT NOT NULL,
  database TEXT NOT NULL,
  class TEXT NOT NULL,
  value TEXT,                    -- JSON of Unit; NULL until the first set with it is closed
  UNIQUE (destination, database, class)
) STRICT;
CREATE TABLE IF NOT EXISTS segment (
  number INTEGER PRIMARY KEY,
  destination TEXT NOT NULL,
  unit INTEGER NOT NULL,
  run TEXT,                      -- set of the unfinished run that stored it; NULL once the set is closed
  live INTEGER NOT NULL DEFAULT 0, -- bytes of items of the newest set in it
  died INTEGER,                  -- counter of the set as of which there are none
  compacted INTEGER NOT NULL DEFAULT 0, -- 1: a run has tried to empty it
  table_bytes BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS segment_run ON segment (destination, run);
CREATE INDEX IF NOT EXISTS segment_live ON segment (unit) WHERE died IS NULL AND compacted = 0;
CREATE TABLE IF NOT EXISTS page (
  id INTEGER PRIMARY KEY,
  unit INTEGER NOT NULL REFERENCES unit (id),
  first BLOB NOT NULL,           -- key of its first item
  items BLOB NOT NULL,
  UNIQUE (unit, first)
) STRICT;
CREATE TABLE IF NOT EXISTS run (
  destination TEXT PRIMARY KEY,
  chain TEXT NOT NULL,
  keyring TEXT NOT NULL,
  backup_set TEXT NOT NULL,
  generation INTEGER NOT NULL,   -- grows each time that the run is taken up
  manifest_name TEXT,
  manifest BLOB,
  result TEXT                    -- JSON of RunResult
) STRICT;
CREATE TABLE IF NOT EXISTS draft (
  id INTEGER PRIMARY KEY,
  destination TEXT NOT NULL,
  unit INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  changes BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS draft_order ON draft (destination, unit, generation, id);
CREATE TABLE IF NOT EXISTS part_keys (
  unit INTEGER NOT NULL,
  backup_set TEXT NOT NULL,      -- that wrote the part of the unit's index
  keys BLOB NOT NULL,            -- of its entries, ascending
  PRIMARY KEY (unit, backup_set)
) STRICT;
`;
