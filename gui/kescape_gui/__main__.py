"""`python -m kescape_gui` opens the app."""

import sys

from kescape_gui.app import main

if __name__ == "__main__":
    sys.exit(main())
