"""What the service keeps: the ledger of its answers."""
