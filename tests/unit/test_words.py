"""Each word of the row language, driven by a kind that is made up: `made_up.GADGET`."""

from made_up import GADGET, Gadgets, applied, known, planned


def test_two_groups_of_entries() -> None:
    """Each list has its own entries: the identity stands in one of them, and what is not named is left alone."""
    platform = Gadgets()
    specs = {"gadgets": {"a": {"label": "A", "tags": {"team": "x"}, "more": {"notes": {"team": "y", "gone": None}}}}}
    with known(GADGET):
        assert [key for key, *_ in applied(platform, specs)] == [
            "gadget.a/create",
            "gadget.a/notes/team",
            "gadget.a/tags/drplan",
            "gadget.a/tags/team",
        ]
        assert planned(platform, specs).writes == ()
        (made,) = platform.objects.values()
        names = {name: [(each["name"], each["value"]) for each in made[name]] for name in platform.lists}
        assert names == {"tags": [("drplan", "shop/a"), ("team", "x")], "notes": [("team", "y")]}
        team = made["notes"][0]["id"]
        specs["gadgets"]["a"]["more"] = {"notes": {"team": None, "more.dots": "z"}}
        applied(platform, specs)
        assert [(method, path.partition(f"{made['id']}/")[2], body) for method, path, body in platform.sent] == [
            ("POST", "notes/", {"name": "more.dots", "value": "z"}),
            ("DELETE", f"notes/{team}/", None),
        ]


def test_entries_that_a_platform_lacks() -> None:
    """A platform without such a list is said to lack it; the other list is not touched by that."""
    platform = Gadgets(lists=("tags",))
    specs = {"gadgets": {"a": {"label": "A"}}}
    with known(GADGET):
        applied(platform, specs)
        specs["gadgets"]["a"] |= {"tags": {"team": "x"}, "more": {"notes": {"team": "y"}}}
        plan = planned(platform, specs)
    assert [action.key for action in plan.writes] == ["gadget.a/tags/team"]
    assert [str(each) for each in plan.diagnostics] == [
        "this platform has no notes (what the specs say of them is left out)"
    ]
