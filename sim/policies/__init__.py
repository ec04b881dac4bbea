"""How the city decides: plain functions of what it knows."""
