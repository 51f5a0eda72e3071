"""One's own password."""

from __future__ import annotations

from http import HTTPStatus
from math import ceil
from typing import Any

from django import forms
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.password_validation import password_validators_help_texts
from django.contrib.auth.views import PasswordChangeDoneView, PasswordChangeView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy
from django.utils import timezone

from rollouts.models import Token
from rollouts.services import sign_ins, tokens
from rollouts.web import known_browsers
from rollouts.web.acting import address_of

TOO_MANY = "Too many attempts with this name have failed. Try again in {} min."


class PasswordForm(PasswordChangeForm):
    revoke = forms.BooleanField(required=False)
    """Tokens are no passwords and stay, unless their person thinks that somebody else was here."""


class PasswordPage(PasswordChangeView):
    """Other browsers are signed out by the change, since sessions hold for one password. A wrong one counts as at the
    sign-in: nobody guesses on from a browser that was left open.
    """

    http_method_names = ("get", "head", "post")
    form_class = PasswordForm
    template_name = "rollouts/password.html"
    success_url = reverse_lazy("password-changed")
    extra_context = {"section": "password", "rules": password_validators_help_texts}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        name, now = request.user.get_username(), timezone.now()
        browser = known_browsers.known(request, name)
        try:
            attempt = sign_ins.begin(name=name, address=address_of(request), browser=browser, now=now)
        except sign_ins.TooMany as error:
            minutes = ceil((error.again_at - now).total_seconds() / 60)
            context = self.get_context_data(form=self.form_class(self._person), too_many=TOO_MANY.format(minutes))
            headers = {"Retry-After": str(minutes * 60)}
            return self.render_to_response(context, status=HTTPStatus.TOO_MANY_REQUESTS, headers=headers)
        form = self.get_form()
        valid = form.is_valid()
        if "old_password" not in form.errors:
            sign_ins.succeeded(attempt=attempt)
        return self.form_valid(form) if valid else self.form_invalid(form)

    @property
    def _person(self) -> Any:
        """Signed in, as Django's own view sees to."""
        return self.request.user

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic():
            if form.cleaned_data["revoke"]:
                for one in Token.objects.select_related("person").filter(person=self.request.user.pk):
                    tokens.revoke(token=one)
            return super().form_valid(form)

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=HTTPStatus.UNPROCESSABLE_ENTITY)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        held = Token.objects.filter(person=self.request.user.pk).count()
        found = super().get_context_data(**kwargs, tokens=held)
        form = found["form"]
        wrong = dict.fromkeys([*form["new_password1"].errors, *form["new_password2"].errors]) if form.is_bound else ()
        return {**found, "wrong": list(wrong)}


class PasswordChanged(PasswordChangeDoneView):
    template_name = "rollouts/password_changed.html"
    extra_context = {"section": "password"}
