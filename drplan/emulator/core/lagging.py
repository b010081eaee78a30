"""Lists of objects that lag behind: what was there before a write is what lists show for some seconds more."""

from drplan.emulator.core import switches
from drplan.emulator.core.store import Json, Store, load


def changing(store: Store, kind: str, id: str) -> None:  # noqa: A002 - the field's name
    """Keep what an object is before it is made, changed or deleted, for lists to show as long as they lag."""
    lag = switches.read(store)["list_lag_seconds"]
    if lag:
        store.db.execute("DELETE FROM late_objects WHERE due <= ?", (store.at,))
        store.db.execute(
            "INSERT OR IGNORE INTO late_objects "
            "VALUES (?1, ?2, ?3, (SELECT doc FROM objects WHERE kind = ?1 AND id = ?2))",
            (kind, id, store.at + lag),
        )


def listed(store: Store, kind: str, now: float) -> list[Json]:
    """Give the objects of a kind as lists show them, in the order they were made, those that are gone last."""
    found = {doc["id"]: doc for doc in store.find(kind)}
    rows = store.db.execute(
        "SELECT id, doc, min(due) FROM late_objects WHERE kind = ? AND due > ? GROUP BY id", (kind, now)
    )
    for object_id, text, _ in rows:
        if text is None:
            found.pop(object_id, None)
        else:
            found[object_id] = load(text)
    return list(found.values())


def differs(store: Store, kind: str, now: float) -> bool:
    """Tell whether lists show anything else than what is so."""
    found = store.db.execute("SELECT 1 FROM late_objects WHERE kind = ? AND due > ? LIMIT 1", (kind, now))
    return found.fetchone() is not None
