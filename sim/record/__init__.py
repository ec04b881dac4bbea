"""The event log and the vital signs computed from it."""
