"""What may be applied: policies, approvals, age. No I/O."""
