"""Plan and apply DataRobot deployments from YAML."""

__version__ = "0.1.0"
