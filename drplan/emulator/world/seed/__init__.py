"""Worlds: what a seed file says, and its way into the store."""

import hashlib
from pathlib import Path

from drplan.emulator.core.clock import iso
from drplan.emulator.core.store import Json, Store
from drplan.emulator.core.switches import DEFAULTS, changed
from drplan.emulator.world.seed import (
    custom_models,
    deployments,
    governance,
    library,
    prediction_servers,
    projects,
    registered_models,
    switches,
    users,
)
from drplan.emulator.world.seed.file import Seed
from drplan.emulator.world.seed.scoring import DEFINITIONS
from drplan.emulator.world.seed.section import Section, Seeding

# In the order of loading: what is referred to comes before what refers to it.
SECTIONS: tuple[Section, ...] = (
    *switches.SECTIONS,
    *users.SECTIONS,
    *projects.SECTIONS,
    *library.SECTIONS,
    *custom_models.SECTIONS,
    *registered_models.SECTIONS,
    *prediction_servers.SECTIONS,
    *deployments.SECTIONS,
    *library.LATER,
    *governance.SECTIONS,
)


def default_world_text() -> str:
    """Give the seed of the world that is there without a seed."""
    return Path(__file__).with_name("default_world.yaml").read_text(encoding="utf-8")


def seed_schema() -> Json:
    """Give the JSON Schema (2020-12) of a seed file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A world of the drplan emulator",
        "description": "What the emulated platform holds when it starts: users, models, deployments, and its switches.",
        "type": "object",
        "additionalProperties": False,
        "properties": {section.key: section.schema for section in SECTIONS},
        "$defs": DEFINITIONS,
    }


def load_world(store: Store, text: str, file: str, now: float) -> None:
    """Bring a seed into the store, inside the caller's transaction; SeedError with all that is wrong, then roll back.

    What the catalogue holds under an id of the seed is overwritten; deployments that were ever seeded are left alone.
    """
    seed = Seed(text, file)
    bad = seed.check(seed_schema())
    if seed.value.get("users") == [] or ("users",) in bad:
        seed.value.pop("users", None)
    given = seed.value.get("features")
    chosen = changed(DEFAULTS, {} if given is None or any(path[:1] == ("features",) for path in bad) else given)
    seeding = Seeding(seed, store, iso(now), bad, chosen)
    for section in SECTIONS:
        section.load(seeding)
    seed.raise_if_wrong()
    store.set_fact("seed", digest(text))


def digest(text: str) -> str:
    """Give what tells one seed text from another."""
    return hashlib.sha256(text.encode()).hexdigest()
