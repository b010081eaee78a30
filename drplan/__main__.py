"""`python -m drplan`."""

from drplan.cli import main

main()
