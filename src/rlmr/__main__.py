"""`python -m rlmr` is `rlmr`."""

from rlmr.cli import main

if __name__ == "__main__":
    main()
