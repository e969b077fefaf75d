"""Pages for everybody, without an account: report, receipt, appeal."""
