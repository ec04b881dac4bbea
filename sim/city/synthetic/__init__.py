"""A whole town from a seed: streets, ground, mains, drains, people and assets that fit each other."""
