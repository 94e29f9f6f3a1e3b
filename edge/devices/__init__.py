"""A thread and a supervisor for each device."""
