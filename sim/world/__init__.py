"""One replication: the processes that move a city through time."""
