"""The form that adds and changes clusters. A kubeconfig goes in and never comes out again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django import forms

from rollouts import wiring
from rollouts.domain.errors import KuratorUIError
from rollouts.models import Cluster
from rollouts.services import clusters

if TYPE_CHECKING:
    Base = forms.ModelForm[Cluster]
else:
    Base = forms.ModelForm


LARGEST = 1024 * 1024
"""Bytes; what is longer is refused as no kubeconfig."""


class WriteOnly(forms.Textarea):
    """Shows nothing of what was typed, also when the form comes back with an error."""

    def format_value(self, value: Any) -> str:
        return ""


class Names(forms.Field):
    """A list of names, typed with commas or blanks between them."""

    widget = forms.TextInput

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        return str(value or "").replace(",", " ").split()

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != self.to_python(data)


class ClusterForm(Base):
    """`added` is what the service said, once the form was valid and a kubeconfig was given."""

    upload = forms.FileField(required=False, label="Kubeconfig, as a file", help_text="Stored encrypted.")
    paste = forms.CharField(
        required=False,
        label="Kubeconfig, pasted",
        strip=False,
        widget=WriteOnly(attrs={"rows": 6, "autocomplete": "off", "spellcheck": "false"}),
        help_text="Stored encrypted, and never shown again.",
    )
    file = forms.CharField(
        required=False, label="Kubeconfig, by path", help_text="Below the folder for kubeconfigs. Nothing is copied."
    )
    in_cluster = forms.BooleanField(required=False, label="The service account of the pod this program runs in")
    use_context = forms.CharField(required=False, label="Context", help_text="Empty: the kubeconfig's current one.")
    namespaces = Names(
        required=False, help_text="Only these, for an account without rights in the whole cluster. Empty: all."
    )

    prometheus_password = forms.CharField(
        required=False,
        label="Password, or token",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "vTextField"}),
        help_text="Stored encrypted, and never shown again. Empty: what is stored stays, unless the address changes.",
    )
    metrics_allowed = Names(
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        label="Allowed metrics addresses",
        help_text="Found in the cluster, and may be reached directly, as https://prometheus.example:9090.",
    )

    added: clusters.Added | None = None

    class Meta:
        model = Cluster
        fields = (
            *("name", "is_hub", "namespaces", "allow_insecure", "observed"),
            *("prometheus_url", "prometheus_user", "metrics_allowed"),
        )
        labels = {"prometheus_url": "Address of Prometheus", "prometheus_user": "User"}

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        ways = [key for key in ("upload", "paste", "file", "in_cluster") if given.get(key)]
        if len(ways) > 1:
            raise forms.ValidationError("Give one kubeconfig: as a file, pasted, or by its path.")
        if not ways and self.instance._state.adding:
            raise forms.ValidationError("Give a kubeconfig: as a file, pasted, or by its path.")
        try:
            clusters.check(given.get("name") or self.instance.name, given["namespaces"])
            known = None if self.instance._state.adding else Cluster.objects.get(pk=self.instance.pk)
            self.metrics().check(known)
            self.metrics().columns(wiring.ways().cipher, known)  # what cannot be encrypted is an error of this form
        except KuratorUIError as error:
            raise forms.ValidationError(str(error)) from None
        return given

    def metrics(self) -> clusters.MetricsGiven:
        given = self.cleaned_data
        return clusters.MetricsGiven(
            address=given.get("prometheus_url", ""),
            user=given.get("prometheus_user", ""),
            secret=given.get("prometheus_password", "").strip(),
            allowed=tuple(given.get("metrics_allowed", ())),
        )

    def _post_clean(self) -> None:
        """Registers as the last step of validation, so that what the service refuses is an error of this form."""
        super()._post_clean()  # type: ignore[misc]
        if self.errors or not any(self.cleaned_data.get(key) for key in ("upload", "paste", "file", "in_cluster")):
            return
        try:
            self.added = self._register()
        except KuratorUIError as error:
            self.add_error(None, str(error))

    def _register(self) -> clusters.Added:
        given = self.cleaned_data
        way = {
            "ways": wiring.ways(),
            "kubeconfig": self._kubeconfig(),
            "context": given["use_context"],
            "allow_insecure": given["allow_insecure"],
        }
        if not self.instance._state.adding:
            return clusters.replace_kubeconfig(cluster=Cluster.objects.get(pk=self.instance.pk), **way)
        added = clusters.add(
            name=given["name"],
            hub=given["is_hub"],
            metrics=self.metrics(),
            namespaces=given["namespaces"],
            **way,
        )
        self.instance = added.cluster
        return added

    def _kubeconfig(self) -> Path | bytes | None:
        given = self.cleaned_data
        if given["in_cluster"]:
            return None
        if given["file"]:
            return Path(given["file"])
        text: bytes = given["upload"].read(LARGEST + 1) if given["upload"] else given["paste"].encode()
        return text
