"""How good the face comparison is: calibration, presentation attacks, reports."""
