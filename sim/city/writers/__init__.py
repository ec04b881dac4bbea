"""Files of other programs, from the networks of a city."""
