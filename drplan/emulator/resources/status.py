"""`status/`: the records that asynchronous requests are followed by (API reference 1.5)."""

from drplan.emulator.core import jobs
from drplan.emulator.http.call import Answer, Call, no_content, ok
from drplan.emulator.http.errors import not_found
from drplan.emulator.http.paging import page, window

_COLUMNS = "id, created, running, state, message, effect"


def get(call: Call) -> Answer:
    """Answer 200 with the record while the job runs or when it failed, 303 to its result when it is through.

    Platforms may keep no records, or none of jobs that are through, or never say in them that a job went on.
    """
    kept = call.switches["job_records"]
    row = call.store.db.execute(
        f"SELECT {_COLUMNS}, location FROM jobs WHERE id = ? AND visible = 1 AND user_id = ?",  # noqa: S608 - constant
        (call.params["id"], call.user["id"]),
    ).fetchone()
    through = row is not None and row[3] == "COMPLETED"
    if row is None or kept == "lost" or (through and kept == "lost_when_done"):
        raise not_found()
    if kept == "initialized" and row[3] != "ERROR":
        return ok({**jobs.record(row[:6], call.now), "status": "INITIALIZED"})
    if through and kept != "completed":
        return Answer(303, "{}", ((b"location", call.url(row[6]).encode()),))
    return ok(jobs.record(row[:6], call.now))


def listed(call: Call) -> Answer:
    """Answer the user's jobs that are not through, newest first."""
    offset, limit = window(call)
    if call.switches["job_records"] == "lost":
        return page(call, [], 0, offset, limit)
    rows = call.store.db.execute(
        f"SELECT {_COLUMNS} FROM jobs WHERE user_id = ? AND visible = 1 "  # noqa: S608 - constant
        "AND state <> 'COMPLETED' ORDER BY created DESC, id",
        (call.user["id"],),
    ).fetchall()
    items = [jobs.record(row, call.now) for row in rows[offset : offset + limit]]
    return page(call, items, len(rows), offset, limit)


def delete(call: Call) -> Answer:
    """Forget a record; the work itself goes on, unseen."""
    done = call.store.db.execute(
        "UPDATE jobs SET visible = 0 WHERE id = ? AND visible = 1 AND user_id = ?", (call.params["id"], call.user["id"])
    )
    if not done.rowcount:
        raise not_found()
    return no_content()


ROUTES = (("GET status/", listed), ("GET status/{id}/", get), ("DELETE status/{id}/", delete))
