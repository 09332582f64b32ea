//! Learning from matrices: layers, losses, optimisers, models, metrics.
