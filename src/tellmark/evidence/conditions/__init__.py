"""What must hold for a verdict to support a claim: one small object a condition, each with its sentence."""
