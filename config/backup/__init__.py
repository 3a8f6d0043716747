"""What a backup holds beside the dump of the database, and what a restored installation must prove."""
