"""`agentCard/`: how an agent introduces itself, any JSON object (API reference 2.8)."""

from drplan.emulator.http.call import Answer, Call, no_content, ok
from drplan.emulator.http.errors import not_found
from drplan.emulator.http.fields import Object
from drplan.emulator.resources.deployments import access, document


def get(call: Call) -> Answer:
    """Answer the agent card; 404 when there is none."""
    doc = access.seen(call)
    card = doc["agentCard"]
    if card is None:
        raise not_found("No agent card.")
    return ok(card)


def put(call: Call) -> Answer:
    """Give the deployment an agent card, any JSON object."""
    doc = access.standing(call)
    doc["agentCard"] = call.fields(Object({}, open_=True))
    document.save(call.store, doc)
    return ok(doc["agentCard"])


def delete(call: Call) -> Answer:
    """Take the agent card away."""
    doc = access.standing(call)
    if doc["agentCard"] is None:
        raise not_found("No agent card.")
    doc["agentCard"] = None
    document.save(call.store, doc)
    return no_content()


ROUTES = (
    ("GET deployments/{id}/agentCard/", get),
    ("PUT deployments/{id}/agentCard/", put),
    ("DELETE deployments/{id}/agentCard/", delete),
)
