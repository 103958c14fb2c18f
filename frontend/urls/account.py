"""Addresses of people's and organisations' pages: inbox, admission, members, keys."""

from django.urls import URLPattern, path

from frontend.views import inbox, keys, organisation

pages: list[URLPattern] = [
    path("workbench/", inbox.show, name="inbox"),
    path("workbench/organisation/", organisation.show, name="organisation"),
    path("workbench/organisation/application", organisation.apply, name="application"),
    path("workbench/organisation/invitations", organisation.invite, name="invite"),
    path("workbench/organisation/invitations/<uuid:invitation_id>/end", organisation.withdraw, name="invitation_end"),
    path("workbench/organisation/members/<uuid:membership_id>/end", organisation.end, name="membership_end"),
    path("invitations/<str:secret>", organisation.accept, name="invitation"),
    path("workbench/organisation/keys/", keys.show, name="keys"),
    path("workbench/organisation/keys/own", keys.register, name="key_register"),
    path("workbench/organisation/keys/kept", keys.make, name="key_make"),
    path("workbench/organisation/keys/<uuid:key_id>/end", keys.revoke, name="key_end"),
    path("workbench/organisation/programs", keys.issue, name="api_key_issue"),
    path("workbench/organisation/programs/<uuid:key_id>/end", keys.revoke_api_key, name="api_key_end"),
]
