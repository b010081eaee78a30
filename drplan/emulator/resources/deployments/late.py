"""What `GET deployments/` shows that is not so, or not yet: on platforms whose lists lag behind, and of the deleted.

A list that lags by L seconds shows at a time t what was so at t - L, while a deployment's own route shows what is so.
Each write leaves a row behind: until when lists go on showing what was there before it, and that JSON (null: nothing).
With a lag of 5 seconds:

    12:00:00  made      row (12:00:05, null)    lists show nothing until 12:00:05
    12:00:03  renamed   row (12:00:08, "a")     then "a" until 12:00:08, then "b"
    12:01:00  deleted   row (12:01:05, "b")     "b" until 12:01:05,
                        row (never, null)       then nothing, as long as its own route lingers

What counts at a time is the row that ends next. Filters and orders look at what is so.
"""

import math

from drplan.emulator.core import switches
from drplan.emulator.core.store import Store

_NEXT = "SELECT ifnull(l.view, '') FROM late l WHERE l.seq = d.seq AND l.due > ? ORDER BY l.due LIMIT 1"
VIEW = f"coalesce(({_NEXT}), d.view)"  # SQL with the time: a deployment's JSON as lists show it
LISTED = f" AND ifnull(({_NEXT}), 'x') <> ''"  # SQL with the time: that lists show a deployment at all


def made(store: Store, deployment_id: str) -> None:
    """Keep a new deployment out of lists as long as they lag."""
    _leave(store, deployment_id, "NULL")


def changing(store: Store, deployment_id: str) -> None:
    """Have lists go on showing what a deployment is before a change, as long as they lag."""
    _leave(store, deployment_id, "view")


def _leave(store: Store, deployment_id: str, shown: str) -> None:
    lag = switches.read(store)["list_lag_seconds"]
    if not lag:
        return
    store.db.execute("DELETE FROM late WHERE due <= ?", (store.at,))
    # Of two writes at one time the first one knows what was there before; nothing follows the end of a deployment.
    store.db.execute(
        f"INSERT OR IGNORE INTO late SELECT seq, ?, {shown} FROM deployments d WHERE id = ? "  # noqa: S608 - constants of this module
        "AND NOT EXISTS (SELECT 1 FROM late l WHERE l.seq = d.seq AND l.due = ?)",
        (store.at + lag, deployment_id, math.inf),
    )


def deleting(store: Store, deployment_id: str) -> None:
    """Take a deployment out of lists for good, once what they still show of it has ended."""
    store.db.execute(
        "INSERT OR IGNORE INTO late SELECT seq, ?, NULL FROM deployments WHERE id = ?", (math.inf, deployment_id)
    )


def listed_until(store: Store, deployment_id: str) -> float:
    """Give the time until which lists go on showing a deployment that is being deleted; 0 if they do not."""
    row = store.db.execute(
        "SELECT max(l.due) FROM late l JOIN deployments d ON d.seq = l.seq "
        "WHERE d.id = ? AND l.view IS NOT NULL AND l.due > ?",
        (deployment_id, store.at),
    ).fetchone()
    return row[0] or 0.0


def differs(store: Store, now: float) -> bool:
    """Tell whether lists show anything else than what is so."""
    return store.db.execute("SELECT 1 FROM late WHERE due > ? LIMIT 1", (now,)).fetchone() is not None


def unlisted(store: Store, user_id: str, now: float) -> int:
    """Give how many deployments of a user are left out of that user's list."""
    count: int = store.db.execute(
        "SELECT count(*) FROM (SELECT seq, view, min(due) FROM late WHERE due > ? GROUP BY seq) l "
        "JOIN access a ON a.seq = l.seq AND a.user_id = ? WHERE l.view IS NULL AND a.role <> 'CONSUMER'",
        (now, user_id),
    ).fetchone()[0]
    return count
