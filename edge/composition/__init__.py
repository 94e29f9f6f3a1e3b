"""The composition root in parts: what the daemon is built of, and the only code that picks drivers.

Nothing here decides about travellers; each module builds one side of a gate from its settings.
"""
