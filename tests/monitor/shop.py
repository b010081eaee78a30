"""A config repository on the embedded emulator, with deployments that have served: what the system tests read."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from serving import served

from drplan.cli import run
from drplan.emulator import Emulator

PROJECT = "project: shop\nendpoint: emulator\nemulator: {seed: world.yaml, job_seconds: 0}\n"
WORLD = """
users: [{name: ada@example.com, token: emulator}]
prediction_servers: [{name: default, url: "https://predictions.example.com"}]
registered_models:
  - name: churn
    target: churned
    target_type: Binary
    class_names: ["no", "yes"]
    features: {tenure: Numeric, charge: Numeric, plan: Categorical, region: Categorical}
    versions: [{number: 1}, {number: 2}]
  - name: value
    target: spend
    target_type: Regression
    features: {tenure: Numeric, charge: Numeric}
    versions: [{number: 1}]
"""
SPECS = """
deployments:
  churn:
    label: Customer churn
    model: {registered_model: churn, version: %d}
    prediction_server: default
    settings:
      drift_tracking: {target_drift_enabled: true, feature_drift_enabled: true}
      association_id: {column_names: [customer_id]}
  value:
    label: Customer value
    model: {registered_model: value, version: 1}
    prediction_server: default
    settings:
      drift_tracking: {target_drift_enabled: true, feature_drift_enabled: true}
      association_id: {column_names: [customer_id]}
  quiet:
    label: Nobody asks
    model: {registered_model: churn, version: 1}
    prediction_server: default
    settings:
      drift_tracking: {target_drift_enabled: true, feature_drift_enabled: false}
"""


class Shop:
    """The repository and its platform."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "deployments").mkdir(parents=True)
        (root / "drplan.yaml").write_text(PROJECT)
        (root / "world.yaml").write_text(WORLD)
        self.specs(1)

    def specs(self, version: int) -> None:
        """Write the specs, with a version of the churn model."""
        (self.root / "deployments" / "all.yaml").write_text(SPECS % version)

    def drplan(self, *arguments: str) -> tuple[int, str]:
        """Run a command in the repository; return its exit code and what it printed on stdout."""
        out = StringIO()
        with redirect_stdout(out):
            code = run(["-C", str(self.root), "--no-color", *arguments])
        return code, out.getvalue()

    def traffic(self, name: str, *, rows: int, days: int, errors: float) -> None:
        """Make traffic of some days, in which the features drift."""
        wish = ("--rows", f"{rows}", "--days", f"{days}", "--drift", "0.5", "--error-rate", f"{errors}", "--seed", "7")
        code, out = self.drplan("emulator", "traffic", f"deployment.{name}", *wish)
        assert code == 0
        assert f"deployment.{name} has answered " in out

    def json(self, *arguments: str) -> Any:
        """Run a monitoring command and return its JSON."""
        code, out = self.drplan("monitor", *arguments, "--format", "json")
        assert code == 0, out
        return json.loads(out)

    def id_of(self, name: str) -> str:
        """Return the id of a deployment."""
        return str(self.json(f"deployment.{name}")["health"]["deployments"][0]["id"])

    @contextmanager
    def served(self) -> Iterator[tuple[str, Emulator]]:
        """Serve the same platform over HTTP; give its endpoint and the emulator behind it."""
        with served(self.root / "world.yaml", self.root / ".drplan" / "emulator.sqlite", job_seconds=0) as (
            url,
            emulator,
        ):
            yield url, emulator


def opened(root: Path) -> Shop:
    """Return a shop whose churn model was replaced, with traffic before and after, and whose value model has served."""
    shop = Shop(root)
    for version in (1, 2):
        shop.specs(version)
        assert shop.drplan("apply", "--auto-approve")[0] == 0
        shop.traffic("churn", rows=600, days=3, errors=0.05)
    shop.traffic("value", rows=2000, days=1, errors=0.5)
    return shop
