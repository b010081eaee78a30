"""From what is desired and what is live to a plan, and a plan as a file. No I/O."""
