"""The language of pages, letters and answers."""
