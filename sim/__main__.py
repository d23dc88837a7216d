"""`python -m sim` is the command `sim618`."""

from sim.cli import command

if __name__ == "__main__":
    command()
