"""The computer the gate runs on: hardening, clock, systemd, reboot, logs."""
