"""Statements of reasons, letters, appeals, and what an appeal takes back."""
