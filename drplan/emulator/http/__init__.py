"""The wire: requests as endpoints see them, answers, refusals, pages, faults; the application and its server."""
