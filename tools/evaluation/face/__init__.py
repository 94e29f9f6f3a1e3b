"""Faces in files: what `gatectl face` does with pictures."""
