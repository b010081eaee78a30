"""`deployments/` and all that hangs on a deployment."""

from drplan.emulator.resources.deployments import (
    challengers,
    configuration,
    create,
    data_deletion,
    features,
    health_settings,
    lifecycle,
    listing,
    replacement,
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
        configuration,
        health_settings,
        challengers,
        data_deletion,
    )
    for route in module.ROUTES
)
