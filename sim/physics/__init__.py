"""The moving state of a network: advance, intervene, settle, fork."""
