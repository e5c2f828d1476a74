"""How long cases are kept: schedules, legal holds, disposal, destruction."""
