"""A virtual eMRTD: personalised from files, answering command APDUs."""
