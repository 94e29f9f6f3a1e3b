"""What the central system and the technician do to a gate, and what it says of itself."""
