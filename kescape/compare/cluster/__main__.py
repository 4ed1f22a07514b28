"""`python -m kescape.compare.cluster ADDRESS SLOTS CPUS GPUS`: the process that talks to the cluster."""

import sys

from kescape.compare.cluster.driver import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
