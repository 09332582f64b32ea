//! The outside of this build: the real world, and what its features add to it.

use pipewright_world::{OsWorld, World};
use std::sync::Arc;

/// The world that scripts run in; its clock starts now.
pub(crate) fn outside() -> Arc<dyn World> {
    let world: Arc<dyn World> = Arc::new(OsWorld::new());
    #[cfg(feature = "remote")]
    let world: Arc<dyn World> = Arc::new(pipewright_remote::RemoteWorld::new(world));
    #[cfg(feature = "adbc")]
    let world: Arc<dyn World> = Arc::new(pipewright_adbc::AdbcWorld::new(world));
    world
}
