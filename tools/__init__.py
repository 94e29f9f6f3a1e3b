"""What technicians and developers run; nothing here runs inside the daemon."""
