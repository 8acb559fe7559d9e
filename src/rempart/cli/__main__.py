"""`python -m rempart.cli`, the same as `rempart`."""

from rempart.cli import main

main()
