//! Files that are open only while they are read: a pattern may match more files than a process may hold open.

use pipewright_world::{Content, World};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A file that is opened for every read. It must be as it was when it was first opened.
pub(super) struct OnDemand {
    world: Arc<dyn World>,
    place: PathBuf,
    size: u64,
    modified: Option<Duration>,
}

impl OnDemand {
    /// Looks at a file, and closes it again.
    ///
    /// # Errors
    /// That it cannot be opened.
    pub(super) fn of(place: &Path, world: &Arc<dyn World>) -> io::Result<OnDemand> {
        let content = world.open(place)?;
        let (size, modified) = (content.size(), content.modified());
        Ok(OnDemand { world: world.clone(), place: place.to_path_buf(), size, modified })
    }

    fn content(&self) -> io::Result<Arc<dyn Content>> {
        let content = self.world.open(&self.place)?;
        if content.size() != self.size || content.modified() != self.modified {
            return Err(io::Error::other("the file changed while it was read"));
        }
        Ok(content)
    }
}

impl Content for OnDemand {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.content()?.read_at(offset, out)
    }

    fn unchanged(&self) -> io::Result<()> {
        self.content().map(drop)
    }

    fn modified(&self) -> Option<Duration> {
        self.modified
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipewright_world::MemoryWorld;

    #[test]
    fn a_file_is_opened_for_every_read_and_a_change_is_noticed() {
        let world: Arc<dyn World> = Arc::new(MemoryWorld::new().with_file("a", "abcdef"));
        let file = OnDemand::of("a".as_ref(), &world).unwrap();
        let mut part = [0; 3];
        file.read_at(2, &mut part).unwrap();
        assert_eq!((file.size(), &part), (6, b"cde"));
        file.unchanged().unwrap();
        world.replace("a".as_ref(), &mut |out| out.write_all(b"abcdefg")).unwrap();
        assert!(file.unchanged().is_err() && file.read_at(2, &mut part).is_err());
    }
}
