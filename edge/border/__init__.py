"""Evidence and policy: from checks to a decision, without I/O."""
