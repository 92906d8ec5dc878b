"""`python -m npcsim`."""

from npcsim.cli import main

if __name__ == "__main__":
    main()
