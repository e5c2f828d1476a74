"""Retention of cases: schedules, legal holds, disposal, destruction."""
