//! Files on web servers: read in parts with `Range` requests; a server without support for ranges sends the whole file,
//! which is cached.

use crate::blocks::{BLOCK_BYTES, Blocks, Source};
use crate::net::Net;
use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt};
use pipewright_world::{Content, World};
use reqwest::header::{ACCEPT_ENCODING, CONTENT_RANGE, ETAG, HeaderName, LAST_MODIFIED, RANGE};
use reqwest::{Client, Response, StatusCode, Url, redirect};
use std::collections::HashMap;
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Maximum size of a file from a server without range support.
const WHOLE_BYTES_MAX: u64 = 16 << 30;

/// Size up to which such a file is cached in memory; above, in a temporary file.
const MEMORY_BYTES_MAX: usize = 256 << 20;

/// Number of attempts per request.
const TRIES: u32 = 3;

/// Pause before the second attempt; doubled for each further one.
const PAUSE: Duration = Duration::from_millis(200);

/// Cache of files from servers without range support.
#[derive(Default)]
pub(crate) struct Pages(Mutex<HashMap<String, Arc<Whole>>>);

impl Pages {
    /// Opens the file at a URL.
    pub(crate) fn open(&self, address: &str, net: &Arc<Net>, inner: &dyn World) -> io::Result<Arc<dyn Content>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(address).cloned();
        if let Some(known) = known.filter(|known| known.unchanged().is_ok()) {
            return Ok(known);
        }
        let page = Page::new(address)?;
        let (page, response) = net.wait(async move {
            let response = page.ask(0..BLOCK_BYTES).await?;
            Ok((page, response))
        })?;
        let stamp = Stamp::of(&response);
        let page = Arc::new(Page { stamp: Some(stamp.clone()), ..page });
        match response.status() {
            StatusCode::PARTIAL_CONTENT => {
                let size = stamp.size.ok_or_else(|| page.problem("it does not report the size of the file"))?;
                // An interrupted body is requested again when it is read.
                let first = net.wait(page.clone().body(response, 0..size.min(BLOCK_BYTES))).ok();
                Ok(Arc::new(Blocks::new(net.clone(), page, size, first)))
            }
            StatusCode::RANGE_NOT_SATISFIABLE => Ok(Arc::new(Vec::new())),
            _ => {
                let bytes = whole(&page, response, net, inner)?;
                let whole = Arc::new(Whole { bytes, page, net: net.clone() });
                self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(address.to_owned(), whole.clone());
                Ok(whole)
            }
        }
    }
}

/// Does the server have the file?
pub(crate) fn exists(address: &str, net: &Net) -> bool {
    Page::new(address).and_then(|page| net.wait(async move { page.ask(0..1).await })).is_ok()
}

/// Reads a full response: into memory, or into a temporary file if it is large.
fn whole(page: &Page, response: Response, net: &Net, inner: &dyn World) -> io::Result<Arc<dyn Content>> {
    let mut rest = Some(response);
    let mut total = 0;
    let mut next = || -> io::Result<Option<Bytes>> {
        let Some(mut response) = rest.take() else { return Ok(None) };
        let host = page.host.clone();
        let (response, piece) = net.wait(async move {
            let piece = response.chunk().await.map_err(|error| broken(&host, error))?;
            Ok((response, piece))
        })?;
        total += piece.as_ref().map_or(0, |piece| piece.len() as u64);
        if total > WHOLE_BYTES_MAX {
            let message = format!(
                "{} does not support range requests, and the file is larger than {} GiB",
                page.host,
                WHOLE_BYTES_MAX >> 30
            );
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        rest = piece.is_some().then_some(response);
        Ok(piece)
    };
    let mut bytes = Vec::new();
    while let Some(piece) = next()? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > MEMORY_BYTES_MAX {
            return inner.scratch(&mut |out| {
                out.write_all(&std::mem::take(&mut bytes))?;
                while let Some(piece) = next()? {
                    out.write_all(&piece)?;
                }
                Ok(())
            });
        }
    }
    Ok(Arc::new(bytes))
}

/// A fully downloaded file.
pub(crate) struct Whole {
    bytes: Arc<dyn Content>,
    page: Arc<Page>,
    net: Arc<Net>,
}

impl Content for Whole {
    fn size(&self) -> u64 {
        self.bytes.size()
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.bytes.read_at(offset, out)
    }

    fn unchanged(&self) -> io::Result<()> {
        self.net.wait(self.page.clone().check())
    }

    fn as_slice(&self) -> Option<&[u8]> {
        self.bytes.as_slice()
    }
}

/// A file on a web server.
struct Page {
    client: Client,
    url: Url,
    /// For messages: URLs may contain secrets.
    host: String,
    /// Properties in the first response; later ones must match.
    stamp: Option<Stamp>,
}

impl Page {
    fn new(address: &str) -> io::Result<Page> {
        let url = Url::parse(address).map_err(|error| bad_address(&error.to_string()))?;
        let host = url.host_str().ok_or_else(|| bad_address("it has no host"))?;
        let host = url.port().map_or(host.to_owned(), |port| format!("{host}:{port}"));
        let client = Client::builder()
            .user_agent(concat!("pipewright/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(Duration::from_secs(60))
            .redirect(redirect::Policy::custom(follow));
        // Proxies cannot reach the loopback interface of this machine.
        let client = if is_loopback(&url) { client.no_proxy() } else { client };
        let client = client.build().map_err(|error| broken(&host, error))?;
        Ok(Page { client, url, host, stamp: None })
    }

    /// Requests a range. Returns a partial or full response, or that the range is not satisfiable. Anything else is an
    /// error; transient ones are retried.
    async fn ask(&self, range: Range<u64>) -> io::Result<Response> {
        let mut tries = 1;
        loop {
            let request = self.client.get(self.url.clone()).header(ACCEPT_ENCODING, "identity");
            let request = request.header(RANGE, format!("bytes={}-{}", range.start, range.end - 1));
            let failure = match request.send().await {
                Ok(response) => match self.judged(response) {
                    Ok(response) => return Ok(response),
                    Err(failure) => failure,
                },
                Err(error) => broken(&self.host, error),
            };
            if tries == TRIES || !may_pass(&failure) {
                return Err(failure);
            }
            tokio::time::sleep(PAUSE * 2_u32.pow(tries - 1)).await;
            tries += 1;
        }
    }

    /// Accepts a successful response for the same file as the first one.
    fn judged(&self, response: Response) -> io::Result<Response> {
        let status = response.status();
        let is_answer =
            matches!(status, StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE);
        if !is_answer {
            return Err(refused(&self.host, status));
        }
        if self.stamp.as_ref().is_some_and(|stamp| !stamp.fits(&Stamp::of(&response))) {
            return Err(io::Error::other("the file changed while it was read"));
        }
        Ok(response)
    }

    /// Reads the body of a response, which must be this range.
    async fn body(self: Arc<Self>, mut response: Response, range: Range<u64>) -> io::Result<Bytes> {
        if response.status() != StatusCode::PARTIAL_CONTENT || part_start(&response) != Some(range.start) {
            return Err(self.problem("it did not send the requested range"));
        }
        let length = range.end - range.start;
        let mut bytes = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|error| broken(&self.host, error))? {
            bytes.extend_from_slice(&piece);
            if bytes.len() as u64 > length {
                return Err(self.problem("it sent more than the requested range"));
            }
        }
        if (bytes.len() as u64) < length {
            return Err(io::Error::new(
                io::ErrorKind::ConnectionAborted,
                format!("{}: the connection was interrupted", self.host),
            ));
        }
        Ok(bytes.into())
    }

    async fn part(self: Arc<Self>, range: Range<u64>) -> io::Result<Bytes> {
        let response = self.ask(range.clone()).await?;
        self.body(response, range).await
    }

    fn problem(&self, message: &str) -> io::Error {
        io::Error::other(format!("{}: {message}", self.host))
    }
}

impl Source for Page {
    fn fetch(self: Arc<Self>, range: Range<u64>) -> BoxFuture<'static, io::Result<Bytes>> {
        async move {
            let mut tries = 1;
            loop {
                match self.clone().part(range.clone()).await {
                    Err(error) if tries < TRIES && error.kind() == io::ErrorKind::ConnectionAborted => tries += 1,
                    done => return done,
                }
            }
        }
        .boxed()
    }

    fn check(self: Arc<Self>) -> BoxFuture<'static, io::Result<()>> {
        async move { self.ask(0..1).await.map(drop) }.boxed()
    }
}

/// Properties of the whole file in a response.
#[derive(Clone, Default)]
struct Stamp {
    size: Option<u64>,
    tag: Option<String>,
    modified: Option<String>,
}

impl Stamp {
    fn of(response: &Response) -> Stamp {
        let size = match response.status() {
            StatusCode::OK => response.content_length(),
            // `bytes 0-99/1234`, or `bytes */0` of an empty file.
            _ => header(response, CONTENT_RANGE).and_then(|range| range.rsplit_once('/')?.1.trim().parse().ok()),
        };
        Stamp { size, tag: header(response, ETAG), modified: header(response, LAST_MODIFIED) }
    }

    /// Can it be the same file? Missing properties match anything.
    fn fits(&self, other: &Stamp) -> bool {
        fn same<T: PartialEq>(left: &Option<T>, right: &Option<T>) -> bool {
            left.is_none() || right.is_none() || left == right
        }
        same(&self.size, &other.size) && same(&self.tag, &other.tag) && same(&self.modified, &other.modified)
    }
}

fn header(response: &Response, name: HeaderName) -> Option<String> {
    Some(response.headers().get(name)?.to_str().ok()?.to_owned())
}

/// Returns the first byte position of a partial response.
fn part_start(response: &Response) -> Option<u64> {
    header(response, CONTENT_RANGE)?.trim().strip_prefix("bytes ")?.split_once('-')?.0.trim().parse().ok()
}

/// Follows redirects, but never from https to http.
fn follow(attempt: redirect::Attempt<'_>) -> redirect::Action {
    let was_secret = attempt.previous().iter().any(|url| url.scheme() == "https");
    if attempt.previous().len() > 10 {
        attempt.error("too many redirects")
    } else if was_secret && attempt.url().scheme() != "https" {
        attempt.error("it redirects to an address that is not https")
    } else {
        attempt.follow()
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<core::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Creates the failure for an error status.
fn refused(host: &str, status: StatusCode) -> io::Error {
    let (kind, reason) = match status {
        StatusCode::NOT_FOUND | StatusCode::GONE => (io::ErrorKind::NotFound, ""),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => (io::ErrorKind::Other, ": access denied"),
        StatusCode::TOO_MANY_REQUESTS => (io::ErrorKind::ResourceBusy, ": too many requests"),
        status if status.is_server_error() => (io::ErrorKind::ResourceBusy, ""),
        _ => (io::ErrorKind::Other, ""),
    };
    io::Error::new(kind, format!("{host} answered {status}{reason}"))
}

/// Creates the failure for a missing or incomplete response.
fn broken(host: &str, error: reqwest::Error) -> io::Error {
    let (kind, what) = if error.is_timeout() {
        (io::ErrorKind::TimedOut, "timed out")
    } else if error.is_connect() {
        (io::ErrorKind::NotConnected, "no connection")
    } else if error.is_redirect() || error.is_builder() {
        (io::ErrorKind::Other, "the request failed")
    } else {
        (io::ErrorKind::ConnectionAborted, "the connection was interrupted")
    };
    io::Error::new(kind, format!("{host}: {what}: {}", crate::root_cause(&error.without_url())))
}

/// May a retry succeed?
fn may_pass(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, NotConnected, ResourceBusy, TimedOut};
    matches!(error.kind(), ConnectionAborted | NotConnected | ResourceBusy | TimedOut)
}

fn bad_address(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("invalid address: {reason}"))
}
