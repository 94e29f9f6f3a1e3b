"""One lane: the loop, the transaction and its sessions."""
