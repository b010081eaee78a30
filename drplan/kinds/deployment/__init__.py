"""Deployments: one module for each part of them. Facts are from the vendor's guide and API reference."""

from drplan.kinds.deployment import change_requests, details, filters, health, replacement, replay, rules, settings
from drplan.kinds.deployment.model import MODEL
from drplan.kinds.deployment.serving import PREDICTION_ENVIRONMENT, PREDICTION_SERVER
from drplan.registry.kinds import Kind
from drplan.registry.rows import ADOPTION, LIFECYCLE, MOVES

DEPLOYMENT = Kind(
    name="deployment",
    section="deployments",
    doc="Deployments by name; the name is part of the identity, and `moved_from` says what it was before.",
    list_path="deployments/",
    list_order=(("orderBy", "createdAtTimestamp"),),  # the default, the last prediction, moves with traffic
    item_path=details.ITEM,
    create_path="deployments/fromModelPackage/",
    delete_lingers=True,
    named_by="label",
    settings=(
        *ADOPTION,
        *MOVES,
        *details.SETTINGS,
        MODEL,
        PREDICTION_SERVER,
        PREDICTION_ENVIRONMENT,
        *details.TAGS_AND_STATUS,
        *replacement.SETTINGS,
        *LIFECYCLE,
        *settings.SETTINGS,
        *replay.SETTINGS,
        *health.SETTINGS,
    ),
    groups=(
        details.DETAILS,
        details.TAGS,
        settings.SETTINGS_GROUP,
        settings.SECONDARY_DATASETS,
        replay.GROUP,
        health.GROUP,
        replacement.REPLACEMENT,
        details.STATUS,
    ),
    switch=details.SWITCH,
    identity=details.IDENTITY,
    criticality=details.CRITICALITY,
    change_requests=change_requests.ROUTES,
    filters=filters.FILTERS,
    columns=("label", "status", "importance"),
    rules=rules.RULES,
    live_rules=rules.LIVE_RULES,
)
