//! Packed files, whole, damaged, and too large.

use super::*;
use crate::file::OpenFile;
use crate::read;
use pipewright_table::ColumnType;
use pipewright_world::MemoryWorld;
use proptest::prelude::*;
use std::io::Write;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ::zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn options() -> ReadOptions {
    ReadOptions::new("t.csv.gz")
}

fn unpack_with(bytes: &[u8], options: &ReadOptions) -> Result<Vec<u8>, Failure> {
    let content: Arc<dyn Content> = Arc::new(bytes.to_vec());
    let whole = whole(&content, options, &MemoryWorld::new())?;
    Ok(whole.start(usize::MAX).unwrap())
}

fn unpack(bytes: &[u8]) -> Result<Vec<u8>, Failure> {
    unpack_with(bytes, &options())
}

/// Bytes that do not pack well.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let next = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..length).map(next).collect()
}

#[test]
fn packed_tables_are_read_whatever_their_name() {
    for pack in [gzip, zstd] {
        let content: Arc<dyn Content> = Arc::new(pack(b"a,b\n1,x\n2,y\n"));
        let options = ReadOptions::new("t.csv");
        let reading = read(&content, &options, &MemoryWorld::new()).unwrap();
        assert_eq!((reading.table.rows(), reading.table.columns()[0].kind), (2, ColumnType::Count));
        let sketch = crate::sketch(&content, &options).unwrap();
        assert!(sketch.certain && sketch.rows_seen == 2);
        let lines: Arc<dyn Content> = Arc::new(pack(b"{\"a\":1}\n"));
        let scan = crate::scan(&lines, &ReadOptions::new("t.jsonl.gz"), &MemoryWorld::new()).unwrap();
        assert_eq!(scan.rows(), 1);
    }
}

#[test]
fn members_and_frames_follow_each_other() {
    assert_eq!(unpack(&[gzip(b"one "), gzip(b""), gzip(b"two")].concat()).unwrap(), b"one two");
    let zeros = [0; 600 << 10];
    assert_eq!(unpack(&[&gzip(b"one")[..], &zeros].concat()).unwrap(), b"one");
    assert_eq!(unpack(&[&gzip(b"one "), &zeros[..3], &gzip(b"two")].concat()).unwrap(), b"one two");
    assert!(unpack(&[&gzip(b"one"), &zeros[..], b"x"].concat()).is_err());
    let skippable = b"\x5A\x2A\x4D\x18\x03\0\0\0abc";
    let frames = [&skippable[..], &zstd(b"one "), skippable, &zstd(b"two"), skippable].concat();
    assert_eq!(unpack(&frames).unwrap(), b"one two");
    assert_eq!(unpack(&gzip(b"")).unwrap(), b"");
    assert_eq!(unpack(b"plain").unwrap(), b"plain");
    assert_eq!(unpack(b"\x1F").unwrap(), b"\x1F");
}

#[test]
fn a_large_file_goes_through_a_temporary_one() {
    let mut small = options();
    small.limits.memory_bytes = 1000;
    let bytes = noise(1 << 20);
    for pack in [gzip, zstd] {
        let packed = pack(&bytes);
        assert!(unpack_with(&packed, &small).unwrap() == bytes);
        let content: Arc<dyn Content> = Arc::new(packed.clone());
        let full = whole(&content, &small, &MemoryWorld::new().failing_after(5000)).err().unwrap();
        assert_eq!(full.code, code::CANNOT_WRITE);
        let cut = unpack_with(&packed[..packed.len() - 1], &small).unwrap_err();
        assert_eq!(cut.code, code::BAD_FILE);
    }
}

#[test]
fn a_file_that_is_cut_off_is_damaged_wherever_it_is_cut() {
    let bytes = noise(2000);
    for packed in
        [gzip(&bytes), zstd(&bytes), [gzip(b"one"), gzip(&bytes)].concat(), [zstd(b"one"), zstd(&bytes)].concat()]
    {
        // Where one member ends, a shorter file is whole.
        let whole_at = if packed.starts_with(b"\x1F\x8B") { gzip(b"one").len() } else { zstd(b"one").len() };
        for length in 4..packed.len() {
            match unpack(&packed[..length]) {
                Ok(found) => assert!(length == whole_at && found == b"one", "{length} of {}", packed.len()),
                Err(failure) => {
                    assert_eq!((failure.code, failure.place.file.as_deref()), (code::BAD_FILE, Some("t.csv.gz")));
                    assert!(failure.message.contains("truncated"), "{length}: {failure}");
                }
            }
        }
        for garbage in [&b"x"[..], b"\0x", b"garbage after", b"\x1F", b"\x28\xB5"] {
            let failure = unpack(&[&packed[..], garbage].concat()).unwrap_err();
            assert_eq!(failure.code, code::BAD_FILE, "{garbage:?}");
        }
    }
}

#[test]
fn flipped_bits_never_change_what_is_read() {
    let bytes = noise(300);
    for packed in [gzip(&bytes), zstd(&bytes)] {
        for bit in 0..packed.len() * 8 {
            let mut flipped = packed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            // Some bits of a header say nothing of the bytes, and some make it another file.
            if bit >= 32
                && let Ok(found) = unpack(&flipped)
            {
                assert!(found == bytes, "bit {bit} of {:?}", &packed[..2]);
            }
        }
    }
}

#[test]
fn bombs_stop_at_the_limit() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![0; 1 << 20];
    (0..64).for_each(|_| encoder.write_all(&zeros).unwrap());
    let bomb = encoder.finish().unwrap();
    assert!(bomb.len() < 1 << 17);
    let mut limited = options();
    limited.limits.unpacked_bytes = 10 << 20;
    let failure = unpack_with(&bomb, &limited).unwrap_err();
    assert_eq!(failure.code, code::LIMIT_REACHED);
    assert!(failure.help[0].contains("load … max_unpacked=32G"), "{:?}", failure.help);
    let content: Arc<dyn Content> = Arc::new(bomb);
    let (head, truncated) = head(&content, &limited).unwrap();
    assert!(truncated && head.size() == HEAD_BYTES as u64);
}

#[test]
fn growth_beyond_all_tables_is_a_bomb_unless_the_limit_is_raised() {
    let mut encoder = ::zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    let zeros = vec![b'1'; 16 << 20];
    (0..66).for_each(|_| encoder.write_all(&zeros).unwrap());
    let bomb: Arc<dyn Content> = Arc::new(encoder.finish().unwrap());
    let drain = |options: &ReadOptions| {
        let mut unpacked = Unpacked::open(Packing::Zstd, &bomb, options)?;
        while unpacked.next()?.is_some() {}
        Ok::<u64, Failure>(unpacked.total)
    };
    let mut asked = options();
    assert_eq!(drain(&asked).unwrap_err().code, code::LIMIT_REACHED);
    asked.limits.unpacked_bytes *= 2;
    assert_eq!(drain(&asked), Ok(66 << 24));
}

#[test]
fn other_packings_are_named() {
    for (start, name) in [(&b"BZh91AY&SY...."[..], "bzip2"), (b"\xFD7zXZ\0\0", "xz"), (b"\x04\x22\x4D\x18d@", "lz4")] {
        let failure = unpack(start).unwrap_err();
        assert_eq!((failure.code, failure.message), (code::BAD_FILE, format!("the file is compressed with {name}")));
    }
    assert_eq!(unpack(b"BZh1,a,b\n1,2,3\n").unwrap(), b"BZh1,a,b\n1,2,3\n");
    let twice = unpack(&gzip(&zstd(b"a,b\n"))).unwrap_err();
    assert_eq!((twice.code, &*twice.message), (code::BAD_FILE, "the file is compressed twice"));
}

#[test]
fn an_error_of_the_system_is_no_damage() {
    struct Broken(Vec<u8>);
    impl Content for Broken {
        fn size(&self) -> u64 {
            self.0.len() as u64
        }
        fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
            if out.len() > 16 { Err(io::Error::other("no such sector")) } else { self.0.read_at(offset, out) }
        }
    }
    for pack in [gzip, zstd] {
        let content: Arc<dyn Content> = Arc::new(Broken(pack(&noise(1000))));
        let failure = whole(&content, &options(), &MemoryWorld::new()).err().unwrap();
        assert_eq!(failure.code, code::CANNOT_READ, "{failure}");
    }
}

proptest! {
    #[test]
    fn what_is_packed_is_unpacked(bytes in prop::collection::vec(any::<u8>(), 0..5000), cut in 0..5000_usize) {
        prop_assume!(Packing::of(&bytes, &options()) == Ok(None));
        let (left, right) = bytes.split_at(cut.min(bytes.len()));
        for pack in [gzip, zstd] {
            prop_assert_eq!(&unpack(&[pack(left), pack(right)].concat()).unwrap(), &bytes);
        }
    }
}

#[test]
fn a_packed_file_is_unpacked_once_and_its_size_is_known_then() {
    let text = "x\n".to_owned() + &"1\n".repeat(5000);
    let packed = Arc::new(OpenFile::new(Arc::new(gzip(text.as_bytes()))));
    assert!(packed.size() < 1000);
    let unpacked = packed.unpacked(&options(), &MemoryWorld::new()).unwrap();
    assert_eq!(unpacked.size(), text.len() as u64);
    assert!(Arc::ptr_eq(&unpacked, &packed.unpacked(&options(), &MemoryWorld::new()).unwrap()));
    let plain = Arc::new(OpenFile::new(Arc::new(text.into_bytes())));
    assert!(Arc::ptr_eq(&plain, &plain.unpacked(&options(), &MemoryWorld::new()).unwrap()));
    let damaged = Arc::new(OpenFile::new(Arc::new(gzip(&noise(5000))[..4000].to_vec())));
    assert_eq!(damaged.unpacked(&options(), &MemoryWorld::new()).unwrap_err().code, code::BAD_FILE);
}
