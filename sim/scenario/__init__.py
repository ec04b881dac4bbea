"""What a planner writes, made typed, frozen and SI."""
