"""Policies times replications, and what may be concluded from them."""
