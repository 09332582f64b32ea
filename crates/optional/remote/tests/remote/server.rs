//! A web server in a thread, with all the habits that such servers have.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// Content and behaviour of the server; tests change it while it runs.
#[derive(Default)]
pub(crate) struct Site {
    pub body: Vec<u8>,
    /// Changes with the file.
    pub version: AtomicUsize,
    /// Number of responses to interrupt.
    pub cuts: AtomicUsize,
    /// Number of responses with status "busy".
    pub busy: AtomicUsize,
    /// The requested byte ranges.
    pub asked: Mutex<Vec<Range<u64>>>,
}

/// Answers at `http://127.0.0.1:PORT/HABIT`, until it is dropped.
pub(crate) struct Server {
    pub site: Arc<Site>,
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(body: Vec<u8>) -> Server {
        let site = Arc::new(Site { body, ..Site::default() });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let (its_site, its_stop) = (site.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if its_stop.load(Ordering::SeqCst) {
                    return;
                }
                let site = its_site.clone();
                // Clients may disconnect early.
                std::thread::spawn(move || drop(site.answer(stream.unwrap())));
            }
        });
        Server { site, address, stop, thread: Some(thread) }
    }

    pub(crate) fn address(&self, habit: &str) -> String {
        format!("http://{}/{habit}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        self.thread.take().unwrap().join().unwrap();
    }
}

impl Site {
    fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let (path, range) = request(&stream)?;
        self.asked.lock().unwrap().push(range.clone().unwrap_or(0..u64::MAX));
        if spend(&self.busy) {
            return write(&mut stream, "503 Service Unavailable", "", b"", 0);
        }
        let tag = format!("ETag: \"v{}\"\r\n", self.version.load(Ordering::SeqCst));
        let size = self.body.len() as u64;
        let cut = if spend(&self.cuts) { 1000 } else { 0 };
        match path.split('?').next().unwrap_or_default() {
            "/parts" => match range {
                Some(range) if range.start < size => {
                    let end = range.end.min(size);
                    let fields = format!("{tag}Content-Range: bytes {}-{}/{size}\r\n", range.start, end - 1);
                    let part = &self.body[range.start as usize..end as usize];
                    write(&mut stream, "206 Partial Content", &fields, part, cut)
                }
                _ => {
                    let fields = format!("Content-Range: bytes */{size}\r\n");
                    write(&mut stream, "416 Range Not Satisfiable", &fields, b"", 0)
                }
            },
            "/whole" => write(&mut stream, "200 OK", &tag, &self.body, cut),
            "/unsized" => {
                write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n")?;
                for piece in self.body.chunks(100_000) {
                    write!(stream, "{:x}\r\n", piece.len())?;
                    stream.write_all(piece)?;
                    write!(stream, "\r\n")?;
                }
                write!(stream, "0\r\n\r\n")
            }
            "/moved" => write(&mut stream, "302 Found", "Location: /parts\r\n", b"", 0),
            "/circle" => write(&mut stream, "302 Found", "Location: /circle\r\n", b"", 0),
            "/secret" => write(&mut stream, "403 Forbidden", "", b"no", 0),
            "/boaster" => {
                let start = range.map_or(0, |range| range.start);
                let fields = format!("Content-Range: bytes {start}-{}/{}\r\n", start + size - 1, u64::MAX / 2);
                write(&mut stream, "206 Partial Content", &fields, &self.body, 0)
            }
            _ => write(&mut stream, "404 Not Found", "", b"nothing here", 0),
        }
    }
}

/// Takes one away, if there is one.
fn spend(count: &AtomicUsize) -> bool {
    count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |count| count.checked_sub(1)).is_ok()
}

/// The path of a request, and the part that it asks for.
fn request(stream: &TcpStream) -> std::io::Result<(String, Option<Range<u64>>)> {
    let mut lines = BufReader::new(stream.take(1 << 16)).lines();
    let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut range = None;
    for line in lines {
        let line = line?.to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some((start, last)) = line.strip_prefix("range: bytes=").and_then(|range| range.split_once('-')) {
            range = Some(start.parse().unwrap()..last.parse::<u64>().unwrap() + 1);
        }
    }
    Ok((path, range))
}

/// An answer whose last `cut` bytes are never sent.
fn write(stream: &mut TcpStream, status: &str, fields: &str, body: &[u8], cut: usize) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 {status}\r\nConnection: close\r\n{fields}Content-Length: {}\r\n\r\n", body.len())?;
    stream.write_all(&body[..body.len().saturating_sub(cut)])
}
