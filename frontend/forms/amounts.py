"""A field for money: people write yuan, the form answers minor units."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _t

from market.kernel import money


class AmountField(forms.CharField):
    """`cleaned_data` holds minor units (分). Accepts 480, 480.00, ¥1,234.50."""

    def __init__(self, **options: Any) -> None:
        attributes = {"inputmode": "decimal", "autocomplete": "off"}
        super().__init__(max_length=32, widget=forms.TextInput(attrs=attributes), **options)

    def prepare_value(self, value: Any) -> Any:
        """An amount set by a view is written as people write it; what was typed stays as it is."""
        if isinstance(value, int):
            return f"{value // 100}.{value % 100:02d}"
        return value

    def clean(self, value: Any) -> int | None:
        """Minor units, or None for an empty optional field."""
        text = super().clean(value)
        if not text:
            return None
        try:
            minor = money.parse(text)
        except ValueError as error:
            raise ValidationError(_t("Write an amount in yuan with at most two decimals, such as 480.00")) from error
        if minor < 0:
            raise ValidationError(_t("The amount must be zero or more"))
        return minor
