"""What happens to the city: dated facts, and fates that the state drives."""
