"""Policies: rules that judge plans. Pure: the time is a parameter, and a plan is all they see."""

from drplan.gate.policy.rules import Policy, PolicyRule, check, demands, judge, read

__all__ = ["Policy", "PolicyRule", "check", "demands", "judge", "read"]
