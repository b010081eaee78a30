"""What is measured against: config repositories, the emulator's worlds, and Terraform's counterpart of a fleet.

Everything is made for N deployments that use all five settings groups, and nothing is read from the rest of drplan.
"""

from pathlib import Path

PROJECT = "bench"
CONFIG = "5f48cb94408673683eca0fab"

_WORLD = f"""\
secondary_dataset_configs:
  - {{id: {CONFIG}, name: latest}}
prediction_environments:
  - {{name: serverless, platform: datarobotServerless}}
registered_models:
  - name: churn
    target: churned
    target_type: Binary
    class_names: ["no", "yes"]
    secondary_datasets: optional
    features: {{tenure: Numeric, monthly_charge: Numeric, plan: Categorical, region: Categorical, calls: Numeric}}
    versions: [{{}}, {{}}, {{}}]
"""
_LIVE = """\
  - label: Deployment {number}
    description: Scores every customer nightly.
    importance: HIGH
    model: {{registered_model: churn, version: 3}}
    prediction_environment: serverless
    user_provided_id: {project}/{name}
    tags: {{drplan: {project}/{name}, team: retention}}
    secondary_dataset_config: latest
    settings:
      targetDrift: {{enabled: true}}
      featureDrift: {{enabled: false}}
      associationId: {{columnNames: [customer_id], requiredInPredictionRequests: true}}
      predictionsDataCollection: {{enabled: true}}
      predictionWarning: {{enabled: true, customBoundaries: {{lower: 0, upper: 1337}}}}
"""
_SPEC = """\
deployments:
  {name}:
    label: Deployment {number}
    description: Scores every customer nightly.
    importance: HIGH
    model: {{registered_model: churn, version: 3}}
    prediction_environment: serverless
    tags: {{team: retention}}
    status: active
    replacement: {{reason: SCHEDULED_REFRESH, on_warning: block}}
    settings:
      drift_tracking: {{target_drift_enabled: true, feature_drift_enabled: false}}
      association_id: {{column_names: [customer_id], required_in_prediction_requests: true}}
      predictions_data_collection: {{enabled: true}}
      prediction_warning: {{enabled: true, custom_boundaries: {{lower_boundary: 0, upper_boundary: 1337}}}}
      secondary_dataset_config: {{id: {config}}}
"""
_LOCALS = "locals {\n  boundaries = { lower_boundary = 0, upper_boundary = 1337 }\n}\n"
_RESOURCE = """\
resource "terraform_data" "{name}" {{
  input = {{
    label                  = "Deployment {number}"
    description            = "Scores every customer nightly."
    importance             = "HIGH"
    model                  = {{ registered_model = "churn", version = 3 }}
    prediction_environment = "serverless"
    tags                   = {{ team = "retention" }}
    status                 = "active"
    settings = {{
      drift_tracking              = {{ target_drift_enabled = true, feature_drift_enabled = false }}
      association_id              = {{ column_names = ["customer_id"], required_in_prediction_requests = true }}
      predictions_data_collection = {{ enabled = true }}
      prediction_warning          = {{ enabled = true, custom_boundaries = local.boundaries }}
      secondary_dataset_config    = {{ id = "{config}" }}
    }}
  }}
}}
"""


def write_specs(directory: Path, count: int, *, parallelism: int) -> Path:
    """Write a config repository of `count` deployments, one file each, and return its directory."""
    specs = directory / "deployments"
    specs.mkdir(parents=True)
    (directory / "drplan.yaml").write_text(f"project: {PROJECT}\nparallelism: {parallelism}\n")
    for number in range(count):
        name = _name(number)
        (specs / f"{name}.yaml").write_text(_SPEC.format(name=name, number=number, config=CONFIG))
    return directory


def write_world(path: Path, count: int = 0, project: str = PROJECT) -> Path:
    """Write a seed in which the first `count` deployments of a repository exist as its specs say; return its path.

    With another `project` they are somebody else's.
    """
    live = "".join(_LIVE.format(name=_name(number), number=number, project=project) for number in range(count))
    path.write_text(_WORLD + (f"deployments:\n{live}" if count else ""))
    return path


def write_terraform(directory: Path, count: int) -> Path:
    """Write a Terraform configuration with as many built-in `terraform_data` resources; return its directory."""
    directory.mkdir(parents=True)
    (directory / "locals.tf").write_text(_LOCALS)
    for number in range(count):
        name = _name(number)
        (directory / f"{name}.tf").write_text(_RESOURCE.format(name=name, number=number, config=CONFIG))
    return directory


def _name(number: int) -> str:
    return f"d{number:05d}"
