"""Approval policies, and the change requests and reviews by which guarded changes are made (API reference 2.11)."""

from drplan.emulator.resources.governance import policies, requests, reviews

ROUTES = (*policies.ROUTES, *requests.ROUTES, *reviews.ROUTES)
