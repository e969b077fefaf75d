"""What is counted; Synapse serves it at its metrics listener."""

from prometheus_client import Counter

CHECKED = Counter("siyaj_module_checked", "Verdicts that came in time", ["hook", "action"])
FAILED_OPEN = Counter("siyaj_module_failed_open", "Let through unchecked because Siyaj gave no answer", ["hook"])
FAILED_CLOSED = Counter("siyaj_module_failed_closed", "Refused because Siyaj gave no answer", ["hook"])
NOT_ACCEPTED = Counter("siyaj_module_not_accepted", "Checks that Siyaj says are malformed", ["hook"])
RECHECKED = Counter("siyaj_module_rechecked", "Let through unchecked before, checked since", ["hook", "action"])
ENCRYPTED = Counter("siyaj_module_encrypted", "Encrypted events, which nobody can check")
TOO_LARGE = Counter("siyaj_module_too_large", "Uploads beyond `largest_media`, let through")
REPORTS = Counter("siyaj_module_reports", "Reports handed on", ["table"])
