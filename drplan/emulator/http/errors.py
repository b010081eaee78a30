"""Refusals of the emulated platform, with its codes and bodies (API reference 1.6)."""

from typing import Any, NoReturn


class Problem(Exception):  # noqa: N818 - an answer of the API, not an error of this program
    """A request that the API answers with an error: `status` and a JSON `body`."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body


class ConnectionDropped(ConnectionResetError):  # noqa: N818 - the name tests catch it by says what happened
    """The connection was closed without an answer, because a fault said so."""


def not_found(message: str = "Not Found") -> Problem:
    """Give the 404 for what is not there, or not there for this user."""
    return Problem(404, {"message": message})


def forbidden(message: str) -> Problem:
    """Give the 403 for a missing permission or a switched-off feature."""
    return Problem(403, {"message": message})


def conflict(message: str, **more: Any) -> Problem:
    """Give the 409 for a request that contradicts the present state."""
    return Problem(409, {"message": message, **more})


def invalid(errors: dict[str, Any]) -> Problem:
    """Give the 422 for fields that are wrong; `errors` maps a field to its text, nested for nested fields."""
    return Problem(422, {"message": "Invalid field data", "errors": errors})


def bad_request(message: str) -> Problem:
    """Give the 400 for a bad query."""
    return Problem(400, {"message": message})


def fail(field: str, text: str) -> NoReturn:
    """Refuse one field with 422."""
    raise invalid({field: text})
