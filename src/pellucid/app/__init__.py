"""The corridor: the only place that knows several rooms. No medicine, no rules of its own."""
