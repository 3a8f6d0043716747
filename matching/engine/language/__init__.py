"""The sentences of the engine as templates, and answers in another language."""
