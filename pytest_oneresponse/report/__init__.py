"""What was found, for people and for programs: one list of findings in, one text or document out."""
