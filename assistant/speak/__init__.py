"""Words to sound: clauses, their spoken form, a voice, a loudspeaker, and how much of it was heard."""
