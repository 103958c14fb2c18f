"""Addresses of the operator's and the authorities' pages."""

from django.urls import URLPattern, path

from frontend.views import admissions, books, payouts, reviews, statements, suspense

pages: list[URLPattern] = [
    path("desk/reviews/", reviews.queue, name="reviews"),
    path("desk/reviews/<uuid:version_id>/", reviews.show, name="review"),
    path("desk/reviews/<uuid:version_id>/approval", reviews.approve, name="review_approval"),
    path("desk/reviews/<uuid:version_id>/refusal", reviews.refuse, name="review_refusal"),
    path("desk/admissions/", admissions.queue, name="admissions"),
    path("desk/admissions/<uuid:admission_id>/", admissions.show, name="admission"),
    path("admissions/<uuid:admission_id>", admissions.show, name="admission_letter"),
    path("admissions/<uuid:admission_id>/", admissions.show),
    path("admission", admissions.own, name="admission_own"),
    path("desk/admissions/<uuid:admission_id>/licence", admissions.licence, name="admission_licence"),
    path("desk/admissions/<uuid:admission_id>/decision", admissions.admit, name="admission_decision"),
    path("desk/admissions/<uuid:admission_id>/refusal", admissions.refuse, name="admission_refusal"),
    # the money desk
    path("desk/statements/", statements.index, name="statements"),
    path("desk/statements/import", statements.take_in, name="statement_import"),
    path("desk/statements/<uuid:statement_id>/", statements.show, name="statement"),
    path("desk/suspense/", suspense.index, name="suspense"),
    path("desk/suspense/<uuid:line_id>/", suspense.show, name="suspense_line"),
    path("desk/suspense/<uuid:line_id>/assign", suspense.assign, name="suspense_assign"),
    path("desk/suspense/<uuid:line_id>/return", suspense.give_back, name="suspense_return"),
    path("desk/payouts/", payouts.index, name="payouts"),
    path("desk/payouts/<uuid:payout_id>/", payouts.show, name="desk_payout"),
    path("desk/payouts/<uuid:payout_id>/approve", payouts.approve, name="payout_approve"),
    path("desk/payouts/<uuid:payout_id>/cancel", payouts.cancel, name="desk_payout_cancel"),
    path("desk/payouts/<uuid:payout_id>/fail", payouts.fail, name="payout_fail"),
    path("desk/payouts/files/", payouts.files, name="payout_files"),
    path("desk/payouts/files/make", payouts.make_file, name="payout_file_make"),
    path("desk/payouts/files/<uuid:file_id>/", payouts.show_file, name="payout_file"),
    path("desk/payouts/files/<uuid:file_id>/content", payouts.download, name="payout_file_content"),
    path("desk/books/", books.show, name="books"),
]
