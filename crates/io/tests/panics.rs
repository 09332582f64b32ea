//! A decoder that panics on a damaged file is reported as damage, and prints nothing.

use pipewright_diagnostic::{Failure, code};
use pipewright_io::{FileFormat, Format, ReadOptions, Reader, Reading, Scan, Signature, Sketch, read};
use pipewright_world::{Content, MemoryWorld};
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

struct Panicking;

const SIGNATURE: Signature = Signature { words: &["panicking"], ..Signature::BASE };

impl FileFormat for Panicking {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn reader(&self) -> Option<&'static dyn Reader> {
        Some(&Panicking)
    }
}

impl Reader for Panicking {
    fn sketch(&self, content: &Arc<dyn Content>, _: bool, options: &ReadOptions) -> Result<Sketch, Failure> {
        panic!("{} bytes of {}", content.size(), options.name)
    }

    fn read(&self, content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Reading, Failure> {
        panic!("{} bytes of {}", content.size(), options.name)
    }

    fn scan(&self, content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Arc<dyn Scan>, Failure> {
        panic!("{} bytes of {}", content.size(), options.name)
    }
}

static PRINTED: AtomicUsize = AtomicUsize::new(0);

#[test]
fn a_panic_of_a_decoder_is_told_once() {
    panic::set_hook(Box::new(|_| {
        PRINTED.fetch_add(1, Ordering::Relaxed);
    }));
    let content: Arc<dyn Content> = Arc::new(b"abc".to_vec());
    let options = ReadOptions::new("t").with_format(Format::new(&Panicking));
    let failure = read(&content, &options, &MemoryWorld::new()).unwrap_err();
    assert_eq!((failure.code, PRINTED.load(Ordering::Relaxed)), (code::BAD_FILE, 0));
    assert!(failure.message.contains("3 bytes of t"), "{failure}");
    // Other panics are printed as before.
    assert!(panic::catch_unwind(|| panic!("elsewhere")).is_err());
    assert_eq!(PRINTED.load(Ordering::Relaxed), 1);
}
