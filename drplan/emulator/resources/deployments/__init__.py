"""`deployments/` and all that hangs on a deployment."""

from drplan.emulator.resources.deployments import (
    challengers,
    configuration,
    create,
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
    )
    for route in module.ROUTES
)
