"""Usage of the API: counted in the store with the rate limits, stored by a task, bounded by quotas."""
