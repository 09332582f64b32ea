//! The facade that other programs embed: check, plan, run, explain.
