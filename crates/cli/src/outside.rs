//! The world of this build: the operating system, extended by the enabled features.

use pipewright_world::{OsWorld, World};
use std::sync::Arc;

/// The world for scripts; its clock starts now.
pub(crate) fn outside() -> Arc<dyn World> {
    let world: Arc<dyn World> = Arc::new(OsWorld::new());
    #[cfg(feature = "remote")]
    let world: Arc<dyn World> = Arc::new(pipewright_remote::RemoteWorld::new(world));
    #[cfg(feature = "adbc")]
    let world: Arc<dyn World> = Arc::new(pipewright_adbc::AdbcWorld::new(world));
    world
}
