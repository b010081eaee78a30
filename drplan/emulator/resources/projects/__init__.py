"""`projects/`: projects, the models on their leaderboards, and what a project recommends (API reference 3.5)."""

from drplan.emulator.resources.projects import intervals, leaderboard, project

ROUTES = (*project.ROUTES, *leaderboard.ROUTES, *intervals.ROUTES)
