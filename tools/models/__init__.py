"""Obtains and prepares the models of the manifest."""
