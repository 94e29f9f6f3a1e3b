"""The central side: takes the events of every gate, proves them, stores them once, acknowledges."""
