"""`deployments/` and all that hangs on a deployment."""

from drplan.emulator.resources.deployments import (
    accuracy_metrics,
    agent_card,
    challenger_replay,
    challengers,
    create,
    data_deletion,
    feature_cache,
    features,
    health_settings,
    lifecycle,
    listing,
    replacement,
    retraining,
    runtime_parameters,
    secondary_datasets,
    settings,
    sharing,
    tags,
)

ROUTES = tuple(
    route
    for module in (
        listing,
        create,
        lifecycle,
        settings,
        replacement,
        tags,
        sharing,
        runtime_parameters,
        secondary_datasets,
        features,
        challenger_replay,
        feature_cache,
        retraining,
        accuracy_metrics,
        agent_card,
        health_settings,
        challengers,
        data_deletion,
    )
    for route in module.ROUTES
)
