"""A Ray cluster of several nodes on this machine, for a test: `python nodes.py FOLDER`.

It prints the cluster's address, then obeys lines on stdin: `add CPUS [PYTHONPATH]` starts a node and prints its number,
`kill NUMBER` ends one without a word. The end of input ends all. The nodes need no more ports than those of 127.0.0.1.
"""

import logging
import os
import sys
from pathlib import Path


def main(folder):
    """Obey until the input ends."""
    # Ray reads them when it is imported, and is not installed everywhere.
    os.environ |= {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "token"}
    from ray.cluster_utils import Cluster

    logging.disable(logging.WARNING)
    # All that is written is there, also what slots leave that are killed, and nobody else finds the cluster by it.
    os.environ["TMPDIR"] = folder
    (Path(folder) / "ray").mkdir()
    cluster = Cluster(
        initialize_head=True,
        # It trains nothing: what connects to the cluster does so through it.
        head_node_args={"num_cpus": 0, "include_dashboard": False},
    )
    nodes = []
    print(cluster.address, flush=True)
    for line in sys.stdin:
        verb, *words = line.split()
        if verb == "add":
            before = os.environ.get("PYTHONPATH")
            if words[1:]:
                os.environ["PYTHONPATH"] = words[1]
            nodes.append(cluster.add_node(num_cpus=int(words[0])))
            if before is not None:
                os.environ["PYTHONPATH"] = before
            print(len(nodes) - 1, flush=True)
        elif verb == "kill":
            cluster.remove_node(nodes[int(words[0])], allow_graceful=False)
            print("killed", flush=True)
    cluster.shutdown()


if __name__ == "__main__":
    main(sys.argv[1])
