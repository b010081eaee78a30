"""A world whose models are known exactly, and a lab that keeps what it sent, for independent computations."""

import math
from dataclasses import dataclass, field

import numpy as np
import pytest

WORLD = """
users:
  - {name: ada@example.com, token: ada}
  - {name: bob@example.com, token: bob}
prediction_servers: [{name: own, datarobot_key: the-key}]
prediction_environments:
  - {name: serverless, platform: datarobotServerless}
  - {name: cluster, platform: onPremise}
registered_models:
  - name: churn
    target: churned
    target_type: Binary
    class_names: ["no", "yes"]
    features: {tenure: Numeric, charge: Numeric, plan: Categorical}
    scoring: {intercept: -1.0, coefficients: {tenure: -0.05, charge: 0.03, plan: {gold: -0.8, basic: 0.4}}}
    training:
      rows: 2000
      features:
        tenure: {mean: 24, sd: 12, min: 0, max: 72}
        charge: {quantiles: [10, 30, 50, 70, 120], missing: 0.05}
        plan: {categories: {basic: 60, silver: 15, gold: 25}}
    versions: [{}, {scoring: {intercept: 0.0, coefficients: {tenure: -0.1}}}]
  - name: revenue
    target: revenue
    target_type: Regression
    features: {tenure: Numeric, plan: Categorical}
    scoring: {intercept: 20, coefficients: {tenure: 1.5, plan: {gold: 30}}}
    training: {rows: 2000, noise: 8, features: {tenure: {min: 0, max: 60}, plan: {categories: {basic: 3, gold: 1}}}}
    versions: [{}]
  - name: size
    target: size
    target_type: Multiclass
    class_names: [large, medium, small]
    features: {tenure: Numeric, plan: Categorical}
    scoring:
      classes:
        small: {intercept: 1.0, coefficients: {tenure: -0.06}}
        medium: {intercept: 0.2}
        large: {intercept: -1.0, coefficients: {tenure: 0.05, plan: {gold: 1.0}}}
    training: {rows: 1000, features: {tenure: {mean: 24, sd: 12}, plan: {categories: {basic: 3, gold: 1}}}}
    versions: [{}]
"""
LABELS = {"churn": ("yes", "no"), "size": ("large", "medium", "small")}


@dataclass
class Sent:
    """What one request carried and got, and when."""

    at: float
    rows: list
    predictions: np.ndarray


@dataclass
class Lab:
    """One deployment of a known model; requests and actuals are kept in `sent` and `actuals`."""

    api: object
    name: str
    id: str
    sent: list = field(default_factory=list)
    actuals: dict = field(default_factory=dict)
    count: int = 0

    def settings(self, **patch):
        """Change settings and wait until they are in force."""
        self.api.send("PATCH", f"deployments/{self.id}/settings/", patch)
        self.api.wait(5)

    def read(self, path, status=200, **query):
        """Give the JSON of a monitoring route of the deployment."""
        response = self.api("GET", f"deployments/{self.id}/{path}/", params=query)
        assert response.status_code == status, response.text
        return response.json()

    def predict(self, rows, status=200, **more):
        """Send rows and keep them with what was predicted; a second goes by."""
        at = self.api.emulator.clock.seconds()
        response = self.api("POST", f"deployments/{self.id}/predictions", rows, **more)
        assert response.status_code == status, response.text
        if status == 200:
            items = response.json()["data"]
            values = [[each["value"] for each in item["predictionValues"]] for item in items]
            width = 3 if self.name == "size" else 1
            self.sent.append(Sent(at, rows, np.array(values)[:, :width]))
        self.api.wait(1)
        return response

    def rows(self, count, seed, tenure=24.0, gold=0.25):
        """Give rows drawn independently of the emulator, each with an id of its own."""
        random = np.random.default_rng(seed)
        made = []
        for _ in range(count):
            self.count += 1
            row = {
                "id": f"r{self.count}",
                "tenure": round(float(random.normal(tenure, 10)), 3),
                "plan": str(random.choice(["gold", "basic", "silver"], p=[gold, 0.7 - gold / 2, 0.3 - gold / 2])),
            }
            if self.name == "churn":
                row["charge"] = None if random.random() < 0.05 else round(float(random.uniform(10, 120)), 2)
            made.append(row)
        return made

    def submit(self, seed=0, share=1.0):
        """Draw outcomes for what was sent and submit them."""
        random = np.random.default_rng(seed)
        batch = []
        for sent in self.sent:
            for row, values in zip(sent.rows, sent.predictions, strict=True):
                if row["id"] in self.actuals or random.random() >= share:
                    continue
                if self.name == "churn":
                    value = "yes" if random.random() < values[0] else "no"
                elif self.name == "size":
                    value = str(random.choice(LABELS["size"], p=values / values.sum()))
                else:
                    value = float(max(values[0] + random.normal(0, 8), 0.1))
                self.actuals[row["id"]] = value
                batch.append({"associationId": row["id"], "actualValue": value})
        self.api.send("POST", f"deployments/{self.id}/actuals/fromJSON/", {"data": batch})
        self.api.wait(5)

    def column(self, name, since=-math.inf, until=math.inf):
        """Give a feature's values as sent, in order."""
        return [row[name] for sent in self.sent if since <= sent.at < until for row in sent.rows]

    def predicted(self, since=-math.inf, until=math.inf):
        """Give what was predicted, in order."""
        found = [sent.predictions for sent in self.sent if since <= sent.at < until]
        return np.concatenate(found) if found else np.empty((0, 3 if self.name == "size" else 1))

    def outcome(self, since=-math.inf, until=math.inf):
        """Give (actual values, predictions) of the rows whose actual was submitted."""
        ids = self.column("id", since, until)
        known = [place for place, each in enumerate(ids) if each in self.actuals]
        return [self.actuals[ids[place]] for place in known], self.predicted(since, until)[known]


@pytest.fixture
def known_world():
    """Give the seed whose models are known exactly."""
    return WORLD


@pytest.fixture
def lab(open_api):
    """Give a function that deploys a known model and gives its lab; association ids are in the column `id`."""
    opened = []

    def make(name="churn", number=1, **settings):
        if not opened:
            api = open_api(WORLD)
            api.token = "ada"
            opened.append(api)
        environment = next(
            each["id"] for each in opened[0].get("predictionEnvironments/")["data"] if each["name"] == "serverless"
        )
        made = opened[0].deploy(name, number, predictionEnvironmentId=environment)
        found = Lab(opened[0], name, made)
        found.settings(associationId={"columnNames": ["id"]}, **settings)
        return found

    return make
