"""Models that can be asked: scoring, and the training that their drift and accuracy are measured against.

Everything here is plain Python and equal in every run; numerical libraries only read what it makes.
"""

from drplan.emulator.world.scoring.scorer import SCORED, Scorer
from drplan.emulator.world.scoring.training import Training, outcomes, scorer_of, scores, training_of

__all__ = ["SCORED", "Scorer", "Training", "outcomes", "scorer_of", "scores", "training_of"]
