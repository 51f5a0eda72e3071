"""The pages without the stream, for a WSGI server with several workers."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kurator_ui.settings")
application = get_wsgi_application()
