"""Trains the runs of a comparison on a Ray cluster, and brings them here while they train.

`RayCluster` is the place. It starts a process of its own that alone knows Ray (`driver`), since Ray ends the process
that uses it when it loses its cluster, and tries for minutes to reach one that is not there. On the cluster each
`RemoteSlot` trains one run after the other in a folder of its own; a `Mirror` keeps the run's folder here the same.

Ray is an extra, and is imported by that process and on the cluster only.
"""
