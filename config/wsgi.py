"""The WSGI application that gunicorn serves."""

import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

if settings.TRACING:  # before Django loads the middleware, and after gunicorn has forked
    import_module("config.process.tracing").start("web")
application = get_wsgi_application()
