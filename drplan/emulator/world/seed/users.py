"""Seed sections `organizations`, `groups` and `users`."""

from drplan.emulator.core.ids import derived_id
from drplan.emulator.core.store import Json
from drplan.emulator.world.seed.section import ID_SCHEMA, Section, Seeding, key, many, mapping

_NAMED = mapping({"id": ID_SCHEMA, "name": key("string", "Its name.", "Risk team", minLength=1)}, ("name",))
_USER = mapping(
    {
        "id": ID_SCHEMA,
        "name": key("string", "The user's name, an e-mail address as a rule.", "ada@example.com", minLength=1),
        "token": key(
            "string", "The API token; `emulator` for the only user of a world without users.", "ada-token", minLength=1
        ),
        "email": key("string", "The e-mail address; the name unless given.", "ada@example.com"),
        "first_name": key("string", "The first name.", "Ada"),
        "last_name": key("string", "The last name.", "Lovelace"),
        "groups": many(key("string", "The name or id of a group.", "Risk team"), "Groups that the user is in."),
        "organization": key("string", "The name or id of the user's organization.", "Example Bank"),
    },
    ("name",),
    "Somebody who has a token.",
)


def _named(kind: str, section: str, seeding: Seeding) -> None:
    for path, item in seeding.items(section):
        object_id = seeding.named(kind, path, item, item["name"])
        seeding.store.put(kind, object_id, {"id": object_id, "name": item["name"]}, name=item["name"])


def _users(seeding: Seeding) -> None:
    tokens: dict[str, str] = {}
    users = seeding.seed.value.get("users")
    if not users:
        default: Json = {
            "name": "emulator@example.com",
            "token": "emulator",
            "first_name": "Emulator",
            "last_name": "User",
        }
        _user(seeding, (), default, "emulator")
        return
    for path, item in seeding.items("users"):
        token = item.get("token") or f"{item['name']}-token"
        if token in tokens:
            seeding.report((*path, "token"), f"is the token of {tokens[token]} too")
        tokens[token] = item["name"]
        _user(seeding, path, item, token)


def _user(seeding: Seeding, path: tuple[str | int, ...], item: Json, token: str) -> None:
    name = str(item["name"])
    user_id = seeding.named("user", path, item, name)
    groups = item.get("groups")
    group_ids = [
        seeding.refer("group", group, (*path, "groups", index), "groups")
        for index, group in enumerate(groups if isinstance(groups, list) else [])
    ]
    organization = derived_id("organization", "default")
    if item.get("organization"):
        organization = (
            seeding.refer("organization", item["organization"], (*path, "organization"), "organizations") or ""
        )
    doc = {
        "id": user_id,
        "username": name,
        "email": item.get("email") or name,
        "firstName": item.get("first_name") or "",
        "lastName": item.get("last_name") or "",
        "groups": group_ids,
        "organization": organization,
    }
    seeding.store.put("user", user_id, doc, name=name, ref=token)


SECTIONS = (
    Section(
        "organizations",
        many(_NAMED, "Organizations, to share deployments with."),
        lambda s: _named("organization", "organizations", s),
    ),
    Section(
        "groups", many(_NAMED, "Groups of users, to share deployments with."), lambda s: _named("group", "groups", s)
    ),
    Section("users", many(_USER, "Who may call the API; the first one owns what names no owner."), _users),
)
