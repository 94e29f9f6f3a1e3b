"""The pages a gate serves: one for the traveller, one for the technician."""
