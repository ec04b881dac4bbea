"""Compiled kernels: flat arrays in, flat arrays out; no cities, files or clocks."""
