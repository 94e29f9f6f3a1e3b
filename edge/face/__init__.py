"""Face detection, quality, templates and their comparison; networks are arguments."""
