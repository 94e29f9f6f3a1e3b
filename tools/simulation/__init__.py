"""What surrounds a virtual lane: training broker, training central side, lanes for tests."""
