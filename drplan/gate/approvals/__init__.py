"""Approvals: signed statements about a plan's digest, and whether there are enough of them. Pure."""

from drplan.gate.approvals.statement import NAMESPACE, SUFFIX, Statement, moment, read_moment, statement
from drplan.gate.approvals.verify import Approval, Candidate, Need, Rejection, Terms, needs, verify

__all__ = [
    "NAMESPACE",
    "SUFFIX",
    "Approval",
    "Candidate",
    "Need",
    "Rejection",
    "Statement",
    "Terms",
    "moment",
    "needs",
    "read_moment",
    "statement",
    "verify",
]
