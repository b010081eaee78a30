"""Carrying out a plan: every validation first, then each write once what it needs is done, deletions last.

A failed action skips what depends on it; independent addresses go on. A creation is never repeated blindly.
"""

from drplan.apply.effects import LEFT_OUT
from drplan.apply.recheck import refuse_other, validate_again
from drplan.apply.run import Run
from drplan.apply.twins import give_way

__all__ = ["LEFT_OUT", "Run", "give_way", "refuse_other", "validate_again"]
