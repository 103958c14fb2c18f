"""What a password must be, said in the words of this house and in the reader's language."""

from django.contrib.auth import password_validation as rules
from django.utils.translation import gettext as _t


class LongEnough(rules.MinimumLengthValidator):
    """A password has a least length (OPTIONS: min_length, characters)."""

    def get_error_message(self) -> str:
        """What is wrong."""
        return _t("The password is shorter than %(n)d characters") % {"n": self.min_length}

    def get_help_text(self) -> str:
        """What is asked."""
        return _t("At least %(n)d characters.") % {"n": self.min_length}


class Uncommon(rules.CommonPasswordValidator):
    """A password is none of the 20,000 most used."""

    def get_error_message(self) -> str:
        """What is wrong."""
        return _t("The password is one of the most used")

    def get_help_text(self) -> str:
        """What is asked."""
        return _t("None of the most used passwords.")


class Unlike(rules.UserAttributeSimilarityValidator):
    """A password is not close to its owner's name or address."""

    def get_help_text(self) -> str:
        """What is asked."""
        return _t("Not close to the name or the e-mail address.")
