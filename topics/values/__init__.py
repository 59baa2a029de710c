"""What a value may be: types of fields, normal forms of texts, checks, and the words of a refusal."""
