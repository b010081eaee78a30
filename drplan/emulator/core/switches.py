"""What kind of platform this is: its switches, kept in the store, read by whoever behaves as they say.

`world/seed/switches.py` describes each of them; `/emulator/features/` shows and changes them.
"""

from functools import lru_cache

from drplan.emulator.core.store import Json, Store, dump, load

DEFAULTS: Json = {
    "tags": "lists",
    "tag_refusal": None,
    "user_provided_id": "lists",
    "user_provided_id_refusal": None,
    "keeps_importance": True,
    "trims_texts": False,
    "list_lag_seconds": 0,
    "job_records": "kept",
    "approvals": True,
    "approval_refusal": 403,
    "installation": "cloud",
    "replacement_resets": [],
    "reviewed_importance": [],
    "deployment_quota": None,
    "actuals_per_hour": 10_000_000,
}
# What the plain words true and false stand for: a platform that has a thing, and one that has not.
_WORDS: dict[str, dict[bool, Json]] = {
    "tags": {
        True: {"tags": "lists", "tag_refusal": None},
        False: {"tags": "nowhere", "tag_refusal": 404},
    },
    "user_provided_id": {
        True: {"user_provided_id": "lists", "user_provided_id_refusal": None},
        False: {"user_provided_id": "nowhere", "user_provided_id_refusal": {"status": 422, "by": "field"}},
    },
}


def read(store: Store) -> Json:
    """Give all switches; the caller changes nothing in them."""
    return _read(store.fact("switches") or "{}")


def put(store: Store, switches: Json) -> None:
    """Write all switches."""
    store.set_fact("switches", dump(switches))


def changed(switches: Json, given: Json) -> Json:
    """Give switches with some of them changed; true and false become what they stand for, which more words may refine.

    {"tags": false} is {"tags": "nowhere", "tag_refusal": 404}; {"tags": false, "tag_refusal": 405} is refused with 405.
    """
    meant: Json = {}
    for name, words in _WORDS.items():
        if isinstance(given.get(name), bool):
            meant |= words[given[name]]
    plain = {name: value for name, value in given.items() if not (name in _WORDS and isinstance(value, bool))}
    return {**switches, **meant, **plain}


@lru_cache(maxsize=64)
def _read(text: str) -> Json:
    return changed(DEFAULTS, load(text))  # state files from before there was a switch do not have it
