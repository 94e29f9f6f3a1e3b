"""A virtual eMRTD: it is personalised from files and answers command APDUs."""
