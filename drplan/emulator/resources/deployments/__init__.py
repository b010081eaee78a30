"""`deployments/` and all that hangs on a deployment."""

from drplan.emulator.resources.deployments import (
    challengers,
    configuration,
    create,
    data_deletion,
    features,
    health,
    lifecycle,
    listing,
    replacement,
    runtime,
    secondary,
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
        runtime,
        secondary,
        features,
        configuration,
        health,
        challengers,
        data_deletion,
    )
    for route in module.ROUTES
)
