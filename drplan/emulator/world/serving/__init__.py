"""Serving: the prediction API, the log of what it was asked, and the actuals that come in later."""

from drplan.emulator.world.serving import actuals, endpoint

ROUTES = (*endpoint.ROUTES, *actuals.ROUTES)
RAW, STRUCK = endpoint.RAW, endpoint.STRUCK
