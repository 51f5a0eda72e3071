"""Of whom a reason is asked before an act."""

from __future__ import annotations

from django.db import models

from rollouts.models.grants import Role


class RequiredReason(models.Model):
    """People of this role have to say why they ask for this act. Empty stands for any role, and for any act."""

    role = models.CharField(
        max_length=16,
        blank=True,
        choices=[("", "anybody"), (Role.OPERATOR, "operators"), (Role.ADMIN, "admins")],
        help_text="By the role that somebody has on the rollout.",
    )
    act = models.CharField(max_length=32, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("role", "act"),
                name="one_required_reason_per_role_and_act",
                violation_error_message="This is asked already.",
            )
        ]

    def __str__(self) -> str:
        act = self.act.replace("-", " ") if self.act else "any act"
        return f"of {self.get_role_display()} for {act}"
