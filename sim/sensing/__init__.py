"""How the city learns of a state: instruments and citizens."""
