/** "vmnt" in ASCII: what file(1) and SQLite know a ledger by (`PRAGMA application_id`). */
export const applicationId = 0x766d6e74

/**
 * One row per fact, so that `sqlite3 ledger.db` tells the whole story. Leases, shares and resources die with the boot
 * (their kernel objects do); generations and marks outlive it.
 */
export const schema = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE locks (
  key TEXT PRIMARY KEY, token TEXT NOT NULL, pid INTEGER NOT NULL, start TEXT NOT NULL, boot TEXT NOT NULL
) STRICT;
CREATE TABLE networks (
  network TEXT PRIMARY KEY, backend TEXT NOT NULL, device TEXT NOT NULL UNIQUE, mac TEXT NOT NULL UNIQUE,
  spec TEXT NOT NULL, uplink TEXT
) STRICT;
CREATE TABLE generations (vm TEXT PRIMARY KEY, generation INTEGER NOT NULL) STRICT;
CREATE TABLE leases (
  vm TEXT PRIMARY KEY, generation INTEGER NOT NULL, network TEXT NOT NULL REFERENCES networks (network),
  state TEXT NOT NULL, request TEXT NOT NULL, lease TEXT NOT NULL, attachment TEXT NOT NULL,
  creator TEXT NOT NULL, created INTEGER NOT NULL, problems TEXT NOT NULL
) STRICT;
CREATE INDEX leases_by_network ON leases (network);
CREATE TABLE addresses (
  network TEXT NOT NULL, position INTEGER NOT NULL, address TEXT NOT NULL, vm TEXT NOT NULL, cooling INTEGER,
  PRIMARY KEY (network, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX addresses_by_vm ON addresses (vm);
CREATE INDEX addresses_cooling ON addresses (network, cooling) WHERE cooling IS NOT NULL;
CREATE TABLE identifiers (
  kind TEXT NOT NULL, value TEXT NOT NULL, vm TEXT NOT NULL, PRIMARY KEY (kind, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX identifiers_by_vm ON identifiers (vm);
CREATE TABLE ports (
  protocol TEXT NOT NULL, port INTEGER NOT NULL, host TEXT NOT NULL, vm TEXT NOT NULL,
  PRIMARY KEY (protocol, port, host)
) STRICT, WITHOUT ROWID;
CREATE INDEX ports_by_vm ON ports (vm);
CREATE TABLE shares (key TEXT PRIMARY KEY, state TEXT NOT NULL, rank INTEGER NOT NULL) STRICT;
CREATE TABLE holds (share TEXT NOT NULL, vm TEXT NOT NULL, PRIMARY KEY (share, vm)) STRICT, WITHOUT ROWID;
CREATE INDEX holds_by_vm ON holds (vm);
CREATE TABLE resources (
  subject TEXT NOT NULL, seq INTEGER NOT NULL, key TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, state TEXT NOT NULL,
  resource TEXT NOT NULL, memo TEXT, PRIMARY KEY (subject, seq)
) STRICT, WITHOUT ROWID;
`

/** Format 2: devices made before anyone asked for them. */
const members = `
CREATE TABLE members (
  subject TEXT PRIMARY KEY, network TEXT NOT NULL, class TEXT NOT NULL, device TEXT NOT NULL UNIQUE, state TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_network ON members (network, state);
`

/**
 * Format 3: an address that is given back while the process it was for still runs waits for that process to end. `held` is
 * what installs tell one another, and only used in the ledger that they share.
 */
const lifetimes = `
ALTER TABLE addresses ADD COLUMN owner TEXT;
DROP INDEX addresses_cooling;
CREATE INDEX addresses_cooling ON addresses (network, cooling) WHERE cooling IS NOT NULL AND owner IS NULL;
CREATE INDEX addresses_owned ON addresses (network, cooling) WHERE owner IS NOT NULL;
CREATE TABLE held (
  namespace TEXT NOT NULL, share TEXT NOT NULL, install TEXT NOT NULL, state_dir TEXT NOT NULL, memos TEXT NOT NULL,
  PRIMARY KEY (namespace, share, install)
) STRICT, WITHOUT ROWID;
`

/** Format 4: where a pid is one. */
const pidNamespaces = "ALTER TABLE locks ADD COLUMN pidns TEXT;"

/**
 * Format 5: below `position` all of a network's addresses are taken. It spares the search for the lowest free one the run of all
 * that are in use; whatever frees an address keeps it true.
 */
const lowest = `
CREATE TABLE lowest (network TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TRIGGER addresses_freed AFTER DELETE ON addresses BEGIN
  UPDATE lowest SET position = old.position WHERE network = old.network AND position > old.position;
END;
`

/** The run of free positions that a position is in, or the next one behind it. */
const runAt = (row: "new" | "old", position: string): string =>
  `network = ${row}.network AND last = (
      SELECT MIN(last) FROM free WHERE network = ${row}.network AND last >= ${row}.${position}
    )`

/**
 * Format 6: the positions of a network that are in no row of `addresses`, as runs from `first` to `last`; of a network without
 * any run all are. A search for a free one is one look, wherever it begins and however many are in use. Triggers keep it true.
 */
const free = `
DROP TRIGGER addresses_freed;
DROP TABLE lowest;
CREATE TABLE free (
  network TEXT NOT NULL, last INTEGER NOT NULL, first INTEGER NOT NULL, PRIMARY KEY (network, last)
) STRICT, WITHOUT ROWID;
INSERT INTO free (network, last, first)
  SELECT network, position - 1, former + 1 FROM
    (SELECT network, position, LAG(position, 1, -1) OVER (PARTITION BY network ORDER BY position) AS former FROM addresses)
  WHERE position > former + 1;
INSERT INTO free (network, last, first)
  SELECT network, 4294967295, MAX(position) + 1 FROM addresses GROUP BY network HAVING MAX(position) < 4294967295;
CREATE TRIGGER addresses_taken AFTER INSERT ON addresses BEGIN
  INSERT INTO free (network, last, first)
    SELECT new.network, 4294967295, 0 WHERE NOT EXISTS (SELECT 1 FROM free WHERE network = new.network);
  INSERT INTO free (network, last, first)
    SELECT network, new.position - 1, first FROM free WHERE ${runAt("new", "position")} AND first < new.position;
  UPDATE free SET first = new.position + 1 WHERE ${runAt("new", "position")} AND first <= new.position;
  DELETE FROM free WHERE network = new.network AND last = new.position AND first > last;
END;
CREATE TRIGGER addresses_freed AFTER DELETE ON addresses BEGIN
  INSERT INTO free (network, last, first) VALUES (old.network, old.position, old.position);
  UPDATE free SET first = (SELECT first FROM free WHERE network = old.network AND last = old.position - 1)
    WHERE network = old.network AND last = old.position
    AND EXISTS (SELECT 1 FROM free WHERE network = old.network AND last = old.position - 1);
  DELETE FROM free WHERE network = old.network AND last = old.position - 1;
  UPDATE free SET first = (SELECT first FROM free WHERE network = old.network AND last = old.position)
    WHERE ${runAt("old", "position + 1")} AND first = old.position + 1;
  DELETE FROM free WHERE network = old.network AND last = old.position
    AND EXISTS (SELECT 1 FROM free WHERE ${runAt("old", "position + 1")} AND first <= old.position);
END;
`

/** What leads from each format to the next, from nothing on. */
export const upgrades: ReadonlyArray<string> = [schema, members, lifetimes, pidNamespaces, lowest, free]

/** Raised with every change of the tables; a ledger with a higher number was written by a newer vmnet and is refused. */
export const schemaVersion = upgrades.length

/** Everything whose kernel object died with the last boot. */
export const forgetBoot = [
  "locks",
  "leases",
  "networks",
  "addresses",
  "free",
  "identifiers",
  "ports",
  "shares",
  "holds",
  "resources",
  "members",
  "held"
]
  .map((table) => `DELETE FROM ${table};`)
  .concat("DELETE FROM meta WHERE key IN ('rebuild', 'lost') OR key LIKE 'orphan:%';")
  .join("\n")
