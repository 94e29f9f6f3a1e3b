"""Keys on this computer: the device key, and those of the central system."""
