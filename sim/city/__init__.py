"""The networks of a city, the assets on them and the people who live there."""
