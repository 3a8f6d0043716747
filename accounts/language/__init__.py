"""In which language somebody is answered: pages, letters and the API."""
