//! What a verb is: its specification, its arguments, its effect, and the registry that holds it.
