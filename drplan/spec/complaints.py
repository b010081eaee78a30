"""What a JSON Schema has against a document, said in words that tell what to write instead."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from drplan.records.specs import NAME, NAME_IN_WORDS
from drplan.spec.document import Document, Path, as_written, dotted
from drplan.suggest import did_you_mean


class Form:
    """A JSON Schema to judge values by. A fast validator finds what is valid; jsonschema explains the rest."""

    def __init__(self, schema: dict[str, Any]) -> None:
        import jsonschema_rs

        self._schema = schema
        self._quick = jsonschema_rs.validator_for(schema)

    def fits(self, value: Any) -> bool:
        """Return True where the fast validator takes the value; False proves nothing, as it does not know secrets."""
        try:
            return bool(self._quick.is_valid(value))
        except ValueError:  # it takes plain values only, and a secret is none
            return False

    def iter_errors(self, value: Any) -> Iterable[Any]:
        """Return jsonschema's errors, none where the value is valid."""
        if self.fits(value):
            return ()
        errors: Iterable[Any] = validator(self._schema).iter_errors(value)
        return errors


def validator(schema: Mapping[str, Any]) -> Any:
    """Return jsonschema's validator; its patterns end where the text ends, as JSON Schema says and Python does not.
    "^[a-z]+$"      takes "shop", and in Python "shop\\n" too
    """
    from jsonschema import Draft202012Validator, validators

    return validators.extend(Draft202012Validator, {"pattern": _to_the_end})(schema)  # type: ignore[no-untyped-call]


def _to_the_end(_validator: Any, pattern: str, value: Any, _schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if isinstance(value, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


_WORDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a mapping",
    "array": "a list",
    "null": "null",
}

_SWITCHES = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}  # of YAML 1.1

_NAMES = f"use {NAME_IN_WORDS}"

Supplied = Callable[[Path, str], bool]


def check_form(
    document: Document, form: Form, supplied: Supplied = lambda _path, _key: False, *, unfilled: bool = False
) -> None:
    """Add a problem to the document for each error of its value, at the error's place.

    `supplied(path, key)` tells of a missing key whether something else supplies it. With `unfilled`, texts with
    references (`${var.x}`) are not judged, as they stand for other values.
    """
    known = {problem.path for problem in document.problems}
    complaints = (
        complaint
        for error in form.iter_errors(document.value if document.value is not None else {})
        if not (unfilled and isinstance(error.instance, str) and "${" in error.instance)
        for complaint in _explain(error, document, supplied)
    )
    for path, key, summary, detail in dict.fromkeys(complaints):
        if dotted(path) not in known:  # one value, one complaint about its form
            document.complain(path, summary, detail, key=key)


def _explain(error: Any, document: Document, supplied: Supplied) -> Iterator[tuple[Path, bool, str, str]]:
    """Yield path, whether it is about the key, summary and detail of each complaint that a schema error stands for.

    Each of several missing keys is an error of its own, and each of these errors yields all of them.
    """
    path: Path = tuple(error.absolute_path)
    rule = "propertyNames" if "propertyNames" in error.absolute_schema_path else error.validator
    if rule == "additionalProperties" and error.validator_value is False:
        known = list(error.schema.get("properties", {}))
        for name in (name for name in error.instance if name not in known):
            yield (*path, name), True, f"unknown key '{name}'", did_you_mean(name, known) or _known(known)
    elif rule == "required":
        for name in error.validator_value:  # of all that is missing, as jsonschema names the key only in its own words
            if name not in error.instance and not supplied(path, name):
                yield path, True, f"'{name}' is missing", _hint(error.schema, name)
    elif rule == "propertyNames":
        name = str(error.instance)
        yield (*path, name), True, f"'{name}' cannot be a name", _NAMES
    elif rule == "type" or isinstance(error.instance, _FORMS.get(str(error.schema.get("type")), object)):
        summary, detail = _EXPLANATIONS.get(rule, _misfit)(error, document.texts.get(path, as_written(error.instance)))
        yield path, rule == "oneOf" and isinstance(error.instance, Mapping), summary, detail


_FORMS: Mapping[str, type] = {"string": str, "object": dict}  # of another form, a value is the type's complaint alone


def _known(known: list[str]) -> str:
    return f"known here: {', '.join(known)}" if known else "nothing is expected here"


def _hint(schema: Mapping[str, Any], name: str) -> str:
    fragment = schema.get("properties", {}).get(name, {})
    examples = fragment.get("examples") if isinstance(fragment, Mapping) else None
    return f"for example {name}: {as_written(examples[0])}" if examples else ""


def _misfit(error: Any, shown: str) -> tuple[str, str]:
    return f"{shown} does not fit: {error.validator} {as_written(error.validator_value)}", ""


def _wrong_type(error: Any, shown: str) -> tuple[str, str]:
    wanted = error.validator_value
    names = wanted if isinstance(wanted, list) else [wanted]
    if error.instance is None and not shown:
        return "nothing stands here", "write its value, or remove the line"
    if error.instance is None:
        return "this cannot be cleared with null", "remove the line to leave it as it is"
    expected = " or ".join(_WORDS[name] for name in names)
    hint = "put quotes around it" if "string" in names and isinstance(error.instance, bool | int | float) else ""
    if "boolean" in names and str(error.instance).lower() in _SWITCHES:
        hint = f"YAML 1.2 reads it as text: write {_SWITCHES[error.instance.lower()]}"
    return f"expected {expected}, not {shown}", hint


def _not_one_of(error: Any, shown: str) -> tuple[str, str]:
    allowed = [str(item) for item in error.validator_value]
    return f"{shown} is not one of {', '.join(allowed)}", did_you_mean(str(error.instance), allowed)


def _no_match(error: Any, shown: str) -> tuple[str, str]:
    pattern = error.validator_value
    if "{24}" in pattern:
        return f"{shown} is not an id of 24 hexadecimal digits", ""
    if pattern == NAME["pattern"]:
        return f"{shown} is not a name", _NAMES
    return f"{shown} has another form than is wanted here", f"for example {as_written(error.schema['examples'][0])}"


def _no_alternative(error: Any, shown: str) -> tuple[str, str]:
    branches = error.validator_value
    if all("required" in branch for branch in branches):
        forms = "; ".join(" and ".join(branch["required"]) for branch in branches)
        return f"give exactly one of: {forms}", ""
    words = [str(branch["const"]) if "const" in branch else _counted(branch) for branch in branches]
    return f"expected {' or '.join(words)}, not {shown}", ""


def _counted(branch: Mapping[str, Any]) -> str:
    return _WORDS[branch["type"]] + (f" from {branch['minimum']}" if "minimum" in branch else "")


_EXPLANATIONS: Mapping[str, Callable[[Any, str], tuple[str, str]]] = {
    "type": _wrong_type,
    "enum": _not_one_of,
    "pattern": _no_match,
    "oneOf": _no_alternative,
    "const": lambda error, shown: (f"expected {as_written(error.validator_value)}, not {shown}", ""),
    "maxLength": lambda error, _shown: (f"expected at most {error.validator_value} characters", ""),
    "minLength": lambda _error, _shown: ("this must not be empty", ""),
    "minItems": lambda _error, _shown: ("this must not be empty", ""),
    "maxItems": lambda error, _shown: (f"expected at most {error.validator_value}, not {len(error.instance)}", ""),
    "uniqueItems": lambda _error, shown: (f"something stands twice in {shown}", ""),
    "minimum": lambda error, shown: (f"expected {error.validator_value} or more, not {shown}", ""),
    "maximum": lambda error, shown: (f"expected {error.validator_value} or less, not {shown}", ""),
}
