"""The journal: events in order, durable, and the outbox beside them."""
