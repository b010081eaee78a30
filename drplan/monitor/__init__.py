"""Monitoring as a library: service, drift, accuracy and fairness of what was deployed, as typed readings.

    from drplan import monitor

    fleet = monitor.connect("path/to/repository")
    churn = fleet["deployment.churn-prod"]
    churn.service_stats().total_predictions
    churn.accuracy_over_time(["LogLoss", "AUC"], start="2026-07-01", bucket="P1D").to_frame()

A reading is a frozen record that documents its units and periods; None in it is "no data", never zero. Its `rows()` are
plain mappings, its `document()` is JSON, its `to_frame()` a pandas or polars data frame. Whoever awaits uses `Reader`.
"""

from drplan.monitor.fleet import Deployment, Fleet, connect
from drplan.monitor.reader import Reader
from drplan.monitor.subject import Subject, find_subjects
from drplan.readings.accuracy import Accuracy, AccuracyScore
from drplan.readings.base import Reading, Segment
from drplan.readings.drift import FeatureDrift, FeatureScore, TargetDrift
from drplan.readings.fairness import Fairness, FairnessBucket, FairnessScore
from drplan.readings.health import DeploymentHealth, FleetHealth, Health
from drplan.readings.predictions import (
    ClassShare,
    Predicted,
    PredictedAndActual,
    PredictionsOverTime,
    PredictionsVsActuals,
)
from drplan.readings.series import AccuracyOverTime, Point, Series, ServiceStatsOverTime
from drplan.readings.service import ServiceStats
from drplan.readings.times import Period

__all__ = [
    "Accuracy",
    "AccuracyOverTime",
    "AccuracyScore",
    "ClassShare",
    "Deployment",
    "DeploymentHealth",
    "Fairness",
    "FairnessBucket",
    "FairnessScore",
    "FeatureDrift",
    "FeatureScore",
    "Fleet",
    "FleetHealth",
    "Health",
    "Period",
    "Point",
    "Predicted",
    "PredictedAndActual",
    "PredictionsOverTime",
    "PredictionsVsActuals",
    "Reader",
    "Reading",
    "Segment",
    "Series",
    "ServiceStats",
    "ServiceStatsOverTime",
    "Subject",
    "TargetDrift",
    "connect",
    "find_subjects",
]
