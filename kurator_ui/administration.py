from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class AdministrationConfig(AdminConfig):
    """Django's admin site, entered by the product's own rules."""

    default_site = "kurator_ui.admin_site.Site"
