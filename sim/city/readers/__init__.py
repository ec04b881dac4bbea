"""Readers of the file formats that networks come in."""
