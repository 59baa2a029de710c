"""HTTP itself, as every route needs it: answers, errors, headers, tokens, logs."""
