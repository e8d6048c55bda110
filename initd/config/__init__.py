"""From files and arguments to checked records; the grammar and rules are supervisord's (supervisord-4.3 §1)."""
