//! Files on web servers.

use crate::server::Server;
use crate::{local, read_table, table_text};
use pipewright_remote::RemoteWorld;
use pipewright_world::{Content, MemoryWorld, World};
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

const BLOCK: u64 = 4 << 20;

fn world() -> RemoteWorld {
    RemoteWorld::new(Arc::new(MemoryWorld::new()))
}

fn open(server: &Server, habit: &str) -> io::Result<Arc<dyn Content>> {
    world().open(server.address(habit).as_ref())
}

fn failure(server: &Server, habit: &str) -> io::Error {
    world().read(server.address(habit).as_ref()).unwrap_err()
}

#[test]
fn a_table_is_the_same_from_any_server() {
    let text = table_text();
    let expected = local(&text);
    for habit in ["parts", "parts?token=a%2Fb", "whole", "unsized", "moved"] {
        let server = Server::start(text.clone());
        assert!(read_table(&world(), &server.address(habit)) == expected, "{habit}");
    }
}

#[test]
fn few_requests_bring_a_large_file() {
    let server = Server::start(table_text());
    let content = open(&server, "parts").unwrap();
    let mut bytes = Vec::new();
    while (bytes.len() as u64) < content.size() {
        let mut piece = vec![0; 10_000.min(content.size() as usize - bytes.len())];
        content.read_at(bytes.len() as u64, &mut piece).unwrap();
        bytes.extend(piece);
    }
    assert!(bytes == server.site.body);
    let mut asked: Vec<_> = server.site.asked.lock().unwrap().clone();
    asked.sort_by_key(|range| range.start);
    let blocks = content.size().div_ceil(BLOCK);
    let starts: Vec<u64> = asked.iter().map(|range| range.start).collect();
    assert_eq!(starts, (0..blocks).map(|block| block * BLOCK).collect::<Vec<_>>());
}

#[test]
fn many_readers_of_a_block_wait_for_one_request() {
    let server = Server::start(table_text());
    let content = open(&server, "parts").unwrap();
    std::thread::scope(|scope| {
        for reader in 0..8 {
            let (content, body) = (&content, &server.site.body);
            scope.spawn(move || {
                let start = BLOCK as usize + reader * 1000;
                let mut bytes = vec![0; 1000];
                content.read_at(start as u64, &mut bytes).unwrap();
                assert!(bytes == body[start..start + 1000]);
            });
        }
    });
    let asked = server.site.asked.lock().unwrap();
    assert_eq!(asked.iter().filter(|range| range.start == BLOCK).count(), 1);
}

#[test]
fn bytes_beyond_the_end_are_an_error() {
    let server = Server::start(b"abc".to_vec());
    let content = open(&server, "parts").unwrap();
    for offset in [1, 3, u64::MAX] {
        assert_eq!(content.read_at(offset, &mut [0; 3]).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
    content.read_at(3, &mut []).unwrap();
}

#[test]
fn an_empty_file_is_empty() {
    let server = Server::start(Vec::new());
    for habit in ["parts", "whole", "unsized"] {
        assert_eq!(world().read(server.address(habit).as_ref()).unwrap(), b"", "{habit}");
    }
}

#[test]
fn what_came_as_a_whole_is_not_fetched_twice() {
    let server = Server::start(table_text());
    let (world, address) = (world(), server.address("whole"));
    let open = || world.open(address.as_ref()).unwrap();
    let place = |content: &Arc<dyn Content>| content.as_slice().unwrap().as_ptr();
    let first = open();
    assert_eq!(place(&first), place(&open()));
    server.site.version.fetch_add(1, Ordering::SeqCst);
    assert_ne!(place(&first), place(&open()));
}

#[test]
fn a_change_is_noticed() {
    let server = Server::start(table_text());
    for habit in ["parts", "whole"] {
        let content = open(&server, habit).unwrap();
        content.unchanged().unwrap();
        server.site.version.fetch_add(1, Ordering::SeqCst);
        assert!(content.unchanged().unwrap_err().to_string().contains("changed"), "{habit}");
    }
    let content = open(&server, "parts").unwrap();
    server.site.version.fetch_add(1, Ordering::SeqCst);
    let error = content.read_at(BLOCK, &mut [0; 10]).unwrap_err();
    assert!(error.to_string().contains("changed"), "{error}");
}

#[test]
fn a_connection_that_breaks_off_is_tried_again() {
    let server = Server::start(table_text());
    server.site.cuts.store(2, Ordering::SeqCst);
    assert!(world().read(server.address("parts").as_ref()).unwrap() == server.site.body);
    for habit in ["parts", "whole"] {
        server.site.cuts.store(usize::MAX, Ordering::SeqCst);
        let error = failure(&server, habit).to_string();
        assert!(error.contains("127.0.0.1:") && error.contains("interrupted"), "{error}");
    }
}

#[test]
fn a_busy_server_is_asked_again() {
    let server = Server::start(b"abc".to_vec());
    server.site.busy.store(2, Ordering::SeqCst);
    assert_eq!(world().read(server.address("parts").as_ref()).unwrap(), b"abc");
    server.site.busy.store(usize::MAX, Ordering::SeqCst);
    assert!(failure(&server, "parts").to_string().contains("answered 503 Service Unavailable"));
}

#[test]
fn refusals_name_host_and_status() {
    let server = Server::start(b"abc".to_vec());
    let missing = failure(&server, "missing");
    assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    assert!(missing.to_string().starts_with("127.0.0.1:") && missing.to_string().contains("404 Not Found"));
    let secret = failure(&server, "secret?token=hush").to_string();
    assert!(secret.contains("403 Forbidden: access denied") && !secret.contains("hush"), "{secret}");
    assert!(failure(&server, "circle").to_string().contains("too many redirects"));
    let nobody = server.address("parts?token=hush");
    drop(server);
    let error = world().read(nobody.as_ref()).unwrap_err().to_string();
    assert!(error.starts_with("127.0.0.1:") && error.contains("no connection") && !error.contains("hush"), "{error}");
    assert_eq!(world().read("https://".as_ref()).unwrap_err().kind(), io::ErrorKind::InvalidInput);
}

#[test]
fn a_size_is_not_believed_before_the_bytes_come() {
    let server = Server::start(b"abc".to_vec());
    let content = open(&server, "boaster").unwrap();
    assert_eq!(content.size(), u64::MAX / 2);
    assert!(content.start(usize::MAX).unwrap_err().to_string().contains("interrupted"));
}

#[test]
fn a_web_server_is_only_read() {
    let server = Server::start(b"abc".to_vec());
    let world = world();
    assert!(world.exists(server.address("parts").as_ref()) && !world.exists(server.address("missing").as_ref()));
    let error = world.replace(server.address("parts").as_ref(), &mut |_| Ok(())).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::Unsupported);
    let error = world.matching(server.address("*.csv").as_ref()).unwrap_err();
    assert!(error.kind() == io::ErrorKind::Unsupported && error.to_string().contains("does not list"));
    let page = server.address("parts?page=1");
    assert_eq!(world.matching(page.as_ref()).unwrap(), [page.as_ref() as &std::path::Path]);
}
