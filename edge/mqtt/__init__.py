"""The connection to the broker: publisher, backlog, client."""
