"""What is said to the central system and heard from it."""
