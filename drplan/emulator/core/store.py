"""The emulator's memory: one SQLite database, documents as JSON, real columns for what is filtered, sorted or due."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Json = dict[str, Any]
FORMAT = "2"  # of the state file; another one is refused, never guessed at

_SCHEMA = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE objects (
  seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, name TEXT, parent TEXT, ref TEXT, doc TEXT NOT NULL,
  UNIQUE (kind, id));
CREATE INDEX objects_kind ON objects (kind, seq);
CREATE INDEX objects_name ON objects (kind, name);
CREATE INDEX objects_parent ON objects (kind, parent, seq);
CREATE INDEX objects_ref ON objects (kind, ref);
CREATE TABLE jobs (
  id TEXT PRIMARY KEY, user_id TEXT, created REAL NOT NULL, running REAL NOT NULL, due REAL NOT NULL,
  state TEXT NOT NULL, effect TEXT NOT NULL, subject TEXT NOT NULL, payload TEXT NOT NULL, location TEXT,
  message TEXT NOT NULL, visible INTEGER NOT NULL);
CREATE INDEX jobs_due ON jobs (due) WHERE state = 'OPEN';
CREATE INDEX jobs_subject ON jobs (subject, effect) WHERE state = 'OPEN';
CREATE INDEX jobs_user ON jobs (user_id, created) WHERE visible = 1;
CREATE TABLE deployments (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, label TEXT NOT NULL, description TEXT, status TEXT NOT NULL,
  importance TEXT, importance_rank INTEGER, user_provided_id TEXT, created_at TEXT NOT NULL, creator_id TEXT NOT NULL,
  deployed_at TEXT, last_prediction TEXT, recent_predictions REAL NOT NULL, usage_average REAL NOT NULL,
  service_health INTEGER NOT NULL, model_health INTEGER NOT NULL, accuracy_health INTEGER NOT NULL,
  fairness_health INTEGER NOT NULL, custom_metrics_health INTEGER NOT NULL, actuals_timeliness INTEGER NOT NULL,
  predictions_timeliness INTEGER NOT NULL,
  prediction_server_id TEXT, prediction_environment_id TEXT, environment_type TEXT NOT NULL, platform TEXT,
  package_id TEXT NOT NULL, model_id TEXT, execution_type TEXT NOT NULL, target_type TEXT,
  build_environment TEXT NOT NULL, decision_flow INTEGER NOT NULL, agent INTEGER NOT NULL, seeded INTEGER NOT NULL,
  doc TEXT NOT NULL, view TEXT NOT NULL, settings TEXT NOT NULL);
CREATE INDEX deployments_label ON deployments (label, seq);
CREATE INDEX deployments_text ON deployments (label, description);
CREATE INDEX deployments_status ON deployments (status, seq);
CREATE INDEX deployments_importance ON deployments (importance_rank, seq);
CREATE INDEX deployments_service ON deployments (service_health, seq);
CREATE INDEX deployments_model ON deployments (model_health, seq);
CREATE INDEX deployments_accuracy ON deployments (accuracy_health, seq);
CREATE INDEX deployments_fairness ON deployments (fairness_health, seq);
CREATE INDEX deployments_metrics ON deployments (custom_metrics_health, seq);
CREATE INDEX deployments_actuals ON deployments (actuals_timeliness, seq);
CREATE INDEX deployments_predictions ON deployments (predictions_timeliness, seq);
CREATE INDEX deployments_recent ON deployments (recent_predictions, seq);
CREATE INDEX deployments_last ON deployments (last_prediction, seq);
CREATE INDEX deployments_deployed ON deployments (deployed_at, seq);
CREATE INDEX deployments_created ON deployments (created_at, seq);
CREATE INDEX deployments_package ON deployments (package_id);
CREATE INDEX deployments_environment ON deployments (prediction_environment_id);
CREATE INDEX deployments_server ON deployments (prediction_server_id);
CREATE INDEX deployments_user_provided ON deployments (user_provided_id);
CREATE TABLE roles (
  deployment_id TEXT NOT NULL, recipient_type TEXT NOT NULL, recipient_id TEXT NOT NULL, role TEXT NOT NULL,
  PRIMARY KEY (deployment_id, recipient_type, recipient_id)) WITHOUT ROWID;
CREATE TABLE access (
  user_id TEXT NOT NULL, seq INTEGER NOT NULL, role TEXT NOT NULL, PRIMARY KEY (user_id, seq)) WITHOUT ROWID;
CREATE INDEX access_deployment ON access (seq);
CREATE TABLE listed (user_id TEXT PRIMARY KEY, total INTEGER NOT NULL) WITHOUT ROWID;
CREATE TRIGGER access_more AFTER INSERT ON access WHEN new.role <> 'CONSUMER' BEGIN
  INSERT INTO listed VALUES (new.user_id, 1) ON CONFLICT (user_id) DO UPDATE SET total = total + 1;
END;
CREATE TRIGGER access_less AFTER DELETE ON access WHEN old.role <> 'CONSUMER' BEGIN
  UPDATE listed SET total = total - 1 WHERE user_id = old.user_id;
END;
CREATE TABLE tags (
  subject TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (subject, id)) WITHOUT ROWID;
CREATE INDEX tags_name ON tags (name, subject);
CREATE INDEX tags_value ON tags (value, subject);
"""

# The order of a list and what it shows late, prediction requests, what they scored, and what really happened. Made
# where they are missing: state files from before they were there stay readable.
_LATER = """
CREATE INDEX IF NOT EXISTS deployments_default ON deployments (last_prediction DESC, seq);
CREATE TABLE IF NOT EXISTS requests (
  seq INTEGER PRIMARY KEY, deployment_id TEXT NOT NULL, model_id TEXT NOT NULL, at REAL NOT NULL,
  status INTEGER NOT NULL, rows INTEGER NOT NULL, execution REAL, response REAL NOT NULL, cached INTEGER NOT NULL,
  outliers INTEGER NOT NULL, consumer TEXT NOT NULL, remote TEXT NOT NULL, host TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS requests_period ON requests (deployment_id, model_id, at);
CREATE INDEX IF NOT EXISTS requests_time ON requests (deployment_id, at);
CREATE TABLE IF NOT EXISTS scored (
  seq INTEGER PRIMARY KEY, tracked INTEGER NOT NULL, layout TEXT NOT NULL, numbers BLOB NOT NULL, words TEXT NOT NULL,
  predictions BLOB NOT NULL, associations TEXT);
CREATE TABLE IF NOT EXISTS actuals (
  deployment_id TEXT NOT NULL, association TEXT NOT NULL, value TEXT NOT NULL, at REAL, acted INTEGER,
  received REAL NOT NULL, PRIMARY KEY (deployment_id, association)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS actual_loads (deployment_id TEXT NOT NULL, at REAL NOT NULL, rows INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS actual_loads_time ON actual_loads (deployment_id, at);
CREATE TABLE IF NOT EXISTS late (
  seq INTEGER NOT NULL, due REAL NOT NULL, view TEXT, PRIMARY KEY (seq, due)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS late_due ON late (due);
CREATE TABLE IF NOT EXISTS late_objects (
  kind TEXT NOT NULL, id TEXT NOT NULL, due REAL NOT NULL, doc TEXT, PRIMARY KEY (kind, id, due)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS watched (deployment_id TEXT PRIMARY KEY, due REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS watched_due ON watched (due);
"""


class StateError(Exception):
    """The state file cannot be used: not SQLite, or written by another version of the emulator."""


class Store:
    """All state of one emulated platform; use it only inside `reading` or `writing`."""

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self.path = path
        self.at = 0.0  # when what is being written happens
        try:
            self.db = sqlite3.connect(
                ":memory:" if path is None else path,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=512,
                timeout=30.0,
            )
            self.db.execute("PRAGMA journal_mode = WAL")
            # A power cut may lose the last requests; a crash of the program loses nothing.
            self.db.execute("PRAGMA synchronous = NORMAL")
            with self.writing(0.0):
                self._prepare()
        except sqlite3.DatabaseError as error:
            raise StateError(f"{path}: not usable as the emulator's state: {error}") from error

    def _prepare(self) -> None:
        if self.db.execute("SELECT 1 FROM sqlite_master WHERE name = 'facts'").fetchone() is None:
            for statement in _statements(_SCHEMA):
                self.db.execute(statement)
            self.set_fact("format", FORMAT)
        for statement in _statements(_LATER):
            self.db.execute(statement)
        found = self.fact("format")
        if found != FORMAT:
            raise StateError(
                f"{self.path}: written in format {found} by another version; this one reads {FORMAT}: delete the file"
            )

    def close(self) -> None:
        """Close the database; the store is of no use afterwards."""
        with self._lock:
            self.db.close()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold one consistent view for the reads of a request."""
        with self._lock:
            self.db.execute("BEGIN")
            try:
                yield
            finally:
                self.db.execute("COMMIT")

    @contextmanager
    def writing(self, at: float) -> Iterator[None]:
        """Hold the one write transaction; an exception takes everything back. `at` is the time, in epoch seconds."""
        with self._lock:
            self.at = at
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self.db.execute("ROLLBACK")
                raise
            self.db.execute("COMMIT")

    def fact(self, name: str) -> str | None:
        """Give a remembered text, such as the digest of the loaded seed."""
        row = self.db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set_fact(self, name: str, value: str) -> None:
        """Remember a text."""
        self.db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def put(
        self,
        kind: str,
        id: str,  # noqa: A002 - the field's name
        doc: Json,
        *,
        name: str | None = None,
        parent: str | None = None,
        ref: str | None = None,
    ) -> None:
        """Write an object, new or not; `name`, `parent` and `ref` are what it can be found by."""
        self.db.execute(
            "INSERT INTO objects (kind, id, name, parent, ref, doc) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (kind, id) DO UPDATE SET name = excluded.name, parent = excluded.parent, ref = excluded.ref, "
            "doc = excluded.doc",
            (kind, id, name, parent, ref, dump(doc)),
        )

    def rewrite(self, kind: str, id: str, doc: Json) -> None:  # noqa: A002 - the field's name
        """Replace the document of an object that exists, leaving what it is found by."""
        self.db.execute("UPDATE objects SET doc = ? WHERE kind = ? AND id = ?", (dump(doc), kind, id))

    def get(self, kind: str, id: str) -> Json | None:  # noqa: A002 - the field's name
        """Give an object's document, or None."""
        row = self.db.execute("SELECT doc FROM objects WHERE kind = ? AND id = ?", (kind, id)).fetchone()
        return None if row is None else load(row[0])

    def find(
        self, kind: str, *, name: str | None = None, parent: str | None = None, ref: str | None = None
    ) -> list[Json]:
        """Give the documents of a kind that have this name, parent and ref, in the order they were made."""
        where, values = _where(name, parent, ref)
        rows = self.db.execute(
            f"SELECT doc FROM objects WHERE kind = ?{where} ORDER BY seq",  # noqa: S608 - fixed fragments only
            (kind, *values),
        )
        return [load(row[0]) for row in rows]

    def page(
        self,
        kind: str,
        offset: int,
        limit: int,
        *,
        name: str | None = None,
        parent: str | None = None,
        ref: str | None = None,
    ) -> tuple[list[Json], int]:
        """Give one page of what `find` gives, and the count of all."""
        where, values = _where(name, parent, ref)
        total = self.db.execute(
            f"SELECT count(*) FROM objects WHERE kind = ?{where}",  # noqa: S608 - fixed fragments only
            (kind, *values),
        ).fetchone()[0]
        rows = self.db.execute(
            f"SELECT doc FROM objects WHERE kind = ?{where} ORDER BY seq LIMIT ? OFFSET ?",  # noqa: S608 - as above
            (kind, *values, limit, offset),
        )
        return [load(row[0]) for row in rows], total

    def delete(self, kind: str, id: str) -> None:  # noqa: A002 - the field's name
        """Forget an object; one that is not there is no error."""
        self.db.execute("DELETE FROM objects WHERE kind = ? AND id = ?", (kind, id))

    def wipe(self) -> None:
        """Forget everything but the format."""
        logs = ("requests", "scored", "actuals", "actual_loads", "watched", "late", "late_objects")
        for table in ("objects", "jobs", "deployments", "roles", "access", "tags", *logs):
            self.db.execute(f"DELETE FROM {table}")  # noqa: S608 - names from the lines above
        self.db.execute("DELETE FROM facts WHERE name <> 'format'")


def _statements(script: str) -> Iterator[str]:
    """Split SQL; `executescript` would end the transaction that this is part of."""
    statement = ""
    for line in script.splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def dump(value: object) -> str:
    """Give the JSON text that is stored and sent."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def load(text: str) -> Json:
    """Read a stored document."""
    value: Json = json.loads(text)
    return value


def public(doc: Json) -> Json:
    """Give what the API shows of a document: keys that begin with `_` are the emulator's own."""
    return {key: value for key, value in doc.items() if not key.startswith("_")}


def _where(name: str | None, parent: str | None, ref: str | None) -> tuple[str, list[str]]:
    fragments = {" AND name = ?": name, " AND parent = ?": parent, " AND ref = ?": ref}
    kept = {fragment: value for fragment, value in fragments.items() if value is not None}
    return "".join(kept), list(kept.values())
