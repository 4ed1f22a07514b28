"""`python -m kescape.engine [RUN_FOLDER]`."""

import sys

from kescape.engine.process import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
