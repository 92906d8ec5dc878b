"""`python -m npcsim`."""

from npcsim.cli import main

main()
