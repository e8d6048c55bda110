"""What supervised programs do: one language of steps with two interpreters, and a catalogue of named behaviours."""
