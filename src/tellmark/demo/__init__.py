"""The demonstration: one model stolen in several ways, beside models that owe it nothing."""
