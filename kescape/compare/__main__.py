"""`python -m kescape.compare FOLDER`."""

import sys

from kescape.compare.process import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
