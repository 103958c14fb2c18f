"""The site's WSGI application, served by granian."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from market import bodies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "market.settings")
application = bodies.require_whole(get_wsgi_application())
_ = get_resolver().url_patterns  # loads every page and endpoint now: else each worker's first visitor waits for it
