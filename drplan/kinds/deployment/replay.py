"""Whether and when challengers replay predictions."""

from drplan.kinds.schedule import SCHEDULE
from drplan.registry.rows import Group, Setting, boolean

ROUTE = "deployments/{id}/challengerReplaySettings/"

GROUP = Group(
    "challenger_replay",
    ROUTE,
    read=ROUTE,
    after=("settings",),
    before=("model",),
    reset_by=("model",),
    why="challengers must be on before they can replay; whether a replacement keeps this is not known, so it is read "
    "back (API reference 2.8)",
)

# fmt: off
SETTINGS = (
    boolean("settings.challenger_replay.enabled", "challenger_replay", "enabled",
            "Let challengers score the predictions that the deployment has made.", required=True, with_object=True),
    Setting(
        "settings.challenger_replay.schedule",
        "When they do so; null: only when asked.",
        SCHEDULE,
        example={"minute": [0], "hour": [3], "day_of_month": ["*"], "month": ["*"], "day_of_week": [1]},
        group="challenger_replay",
        wire="schedule",
        clears=True,
    ),
)
# fmt: on
