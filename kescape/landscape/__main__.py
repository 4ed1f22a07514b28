"""`python -m kescape.landscape RUN_FOLDER REQUEST_FILE`."""

import sys

from kescape.landscape.process import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
