"""What the Makefile and the developers run."""
