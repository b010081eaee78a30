"""When a deployment's health and usage have to be worked out anew: after its log changed, and as time goes by.

Nothing runs in the background: reading deployments first settles those that are due, found by an index, so that a list
costs the same however many deployments there are. Deployments that never predicted are not watched.
"""

from drplan.emulator.core.store import Store


def mark(store: Store, deployment_id: str) -> None:
    """Have a deployment worked out at the next reading; from then on it is watched."""
    store.db.execute(
        "INSERT INTO watched VALUES (?, 0) ON CONFLICT (deployment_id) DO UPDATE SET due = 0", (deployment_id,)
    )


def remark(store: Store, deployment_id: str) -> None:
    """Have a deployment worked out again if it is watched; for changes of settings and models."""
    store.db.execute("UPDATE watched SET due = 0 WHERE deployment_id = ?", (deployment_id,))


def due(store: Store, now: float) -> bool:
    """Tell whether a deployment has to be worked out."""
    return store.db.execute("SELECT 1 FROM watched WHERE due <= ? LIMIT 1", (now,)).fetchone() is not None


def forget(store: Store, deployment_id: str) -> None:
    """Remove everything that was logged of a deployment that is gone."""
    store.db.execute(
        "DELETE FROM scored WHERE seq IN (SELECT seq FROM requests WHERE deployment_id = ?)", (deployment_id,)
    )
    for table in ("requests", "actuals", "actual_loads", "watched"):
        store.db.execute(f"DELETE FROM {table} WHERE deployment_id = ?", (deployment_id,))  # noqa: S608 - names from the line above
