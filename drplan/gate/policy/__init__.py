"""Policies: rules that judge plans. Pure: the time is a parameter, and a plan is all they see."""

from drplan.gate.policy.rules import Policy, PolicyRule, check_policies, demands, judge, read_policy

__all__ = ["Policy", "PolicyRule", "check_policies", "demands", "judge", "read_policy"]
