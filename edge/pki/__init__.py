"""The trust store on disk, its upkeep and its expiry."""
