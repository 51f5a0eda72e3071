"""The sign-in, with its limit of failed attempts."""

from __future__ import annotations

from http import HTTPStatus
from math import ceil
from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from rollouts.services import sign_ins
from rollouts.web import known_browsers
from rollouts.web.acting import address_of


class SignInView(LoginView):
    redirect_authenticated_user = True
    attempt: sign_ins.Attempt

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        name, now = request.POST.get("username", ""), timezone.now()
        browser = known_browsers.known(request, name)
        try:
            self.attempt = sign_ins.begin(name=name, address=address_of(request), browser=browser, now=now)
        except sign_ins.TooMany as error:
            seconds = ceil((error.again_at - now).total_seconds())
            form = self.get_form_class()(request, initial={"username": name})
            context = self.get_context_data(form=form, wait_minutes=ceil(seconds / 60))
            headers = {"Retry-After": str(seconds)}
            return self.render_to_response(context, status=HTTPStatus.TOO_MANY_REQUESTS, headers=headers)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        sign_ins.succeeded(attempt=self.attempt)
        response = super().form_valid(form)
        known_browsers.remember(self.request, response, form.get_user().get_username())
        return response
