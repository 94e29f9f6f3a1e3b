"""Issues specimen documents: a test CSCA, signers, chips, and what attackers do to them."""
