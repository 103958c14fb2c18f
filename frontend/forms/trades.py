"""What the parties of a trade fill in: an objection, an answer, the purpose of a download."""

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from market.kernel import ids

TEXT_MAX: Final = 2000


class ObjectionForm(forms.Form):
    """What does not conform to the contract."""

    reason = forms.CharField(
        label=_("What differs from the contract"),
        max_length=TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Name the file, the row or column, and the clause. The supplier reads it."),
    )


class AnswerForm(forms.Form):
    """A word to the other side."""

    answer = forms.CharField(
        label=_("Answer to the other side"),
        required=False,
        max_length=TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class DownloadForm(forms.Form):
    """What the file will be used for; the signed contract decides whether that is allowed."""

    purpose = forms.ChoiceField(label=_("Purpose of this download"), widget=forms.RadioSelect)
    # the page's own name for this request: sent twice, it still counts as one use
    key = forms.CharField(max_length=80, widget=forms.HiddenInput)

    def __init__(self, *args: Any, purposes: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("key", str(ids.new_id()))
        if purposes:
            field = self.fields["purpose"]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101  stated above
            field.choices = [(each, each) for each in purposes]
            self.initial.setdefault("purpose", purposes[0])
        else:
            self.fields["purpose"] = forms.CharField(label=_("Purpose of this download"), max_length=200)
