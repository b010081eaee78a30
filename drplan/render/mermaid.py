"""The order of a plan as a Mermaid flowchart, which code hosts draw inside Markdown."""

from drplan.records.plans import Plan, Verb
from drplan.render.graph import Node, graph
from drplan.render.oneline import printable
from drplan.render.text import summary_line

_STYLE = {
    Verb.VALIDATE: "fill:#ddf4ff,stroke:#0969da,color:#0a3069",
    Verb.CREATE: "fill:#dafbe1,stroke:#1a7f37,color:#044f1e",
    Verb.ADOPT: "fill:#ddf4ff,stroke:#0969da,color:#0a3069",
    Verb.UPDATE: "fill:#fff8c5,stroke:#9a6700,color:#4d2d00",
    Verb.ACTIVATE: "fill:#dafbe1,stroke:#1a7f37,color:#044f1e",
    Verb.DEACTIVATE: "fill:#fff8c5,stroke:#9a6700,color:#4d2d00",
    Verb.REPLACE: "fill:#fbefff,stroke:#8250df,color:#3e1f79",
    Verb.REASSERT: "fill:#fbefff,stroke:#8250df,color:#3e1f79",
    Verb.REQUEST: "fill:#fff8c5,stroke:#9a6700,color:#4d2d00",
    Verb.DELETE: "fill:#ffebe9,stroke:#cf222e,color:#82071e",
}


def mermaid_text(plan: Plan) -> str:
    """Return the flowchart; a plan without changes is a single node that says so."""
    lines = ["flowchart TD", f"  %% {summary_line(plan)}"]
    if not plan.actions:
        return "\n".join([*lines, f'  none["{_label(summary_line(plan))}"]']) + "\n"
    drawn = graph(plan)
    if drawn.folded:
        lines.append(f"  %% {drawn.folded}")
    lines += [f'  n{index}["{_text(node)}"]:::{node.verb.value}' for index, node in enumerate(drawn.nodes)]
    lines += [f"  n{first} --> n{second}" for first, second in drawn.arrows]
    used = dict.fromkeys(node.verb for node in drawn.nodes)
    lines += [f"  classDef {verb.value} {_STYLE[verb]}" for verb in used]
    return "\n".join(lines) + "\n"


def _text(node: Node) -> str:
    name = f"{_label(node.name)}<br/>" if node.name else ""
    many = f" ({node.count} actions)" if node.address and node.count > 1 else ""
    return f"{name}{_label(f'{node.verb.sign} {node.label}{many}')}"


def _label(text: str) -> str:
    """Write everything but letters, digits and the plainest marks as a numbered entity: nothing in it is syntax."""
    return "".join(
        letter if letter.isalnum() or letter in " .,:-_/±●○~+" else f"#{ord(letter)};" for letter in printable(text)
    )
