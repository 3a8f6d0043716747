"""`make benchmark-api`: the API's speed beside the least that Django REST framework can do, in one run."""
