"""The regulator and the law: licences, inspections, privacy, tax."""
