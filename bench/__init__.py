"""Speed of a Linarite server, side by side with its peers: `make bench`, or `python -m bench.run`.

A C load generator (wsload.c) on one core loads a server on another and checks that nothing is lost, doubled
or reordered. The same load goes to the peers in the same run, since only figures of one run can be compared:
limit.c (what the kernel allows), nginx with nchan, and node's `ws`. docs/performance.md tells the rest.
"""
