"""What happened at the gates, counted: nobody can be found in it."""
