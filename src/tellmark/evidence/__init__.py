"""What must survive a court: commitments, signatures, time, openings, a judge's record, and their check."""
