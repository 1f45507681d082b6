//! `--serve`: shows a site to the browser of this machine.
//!
//! The only code of the program that listens, and it listens on 127.0.0.1 alone. Every request is hostile, because any page in a
//! browser can send one here: a request may only read, the `Host` header must name this machine, so that no other name can be made
//! to point here, and only files that the last build wrote are sent. Heads, times and the number of connections are limited.

#![allow(clippy::disallowed_types, reason = "listens on 127.0.0.1")]

use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use super::write::own_file;
use crate::render::page::POLICY_OF_SITE;

/// The maximum size of the head of a request, in bytes.
const LARGEST_HEAD: usize = 8 << 10;
/// The maximum number of connections at a time.
const MOST_CONNECTIONS: usize = 16;
/// The maximum time to receive a head.
const PATIENCE: Duration = Duration::from_secs(5);
/// The maximum time to send a file.
const PATIENCE_TO_SEND: Duration = Duration::from_secs(30);
/// The maximum time to read the rest of a request.
const PATIENCE_TO_DRAIN: Duration = Duration::from_secs(2);
/// What is read of a request that is refused, so that the answer arrives, in bytes.
const MOST_DRAINED: u64 = 64 << 10;

/// As in the pages themselves, and no page may put one of them into a frame.
fn policy() -> String {
    format!("{POLICY_OF_SITE}; frame-ancestors 'none'")
}

/// A site that is shown. Clones show the same one.
#[derive(Clone)]
pub(super) struct Shown {
    folder: PathBuf,
    files: Arc<RwLock<BTreeSet<String>>>,
}

impl Shown {
    /// The files of a directory.
    pub(super) fn new(folder: PathBuf, files: BTreeSet<String>) -> Self {
        Self {
            folder,
            files: Arc::new(RwLock::new(files)),
        }
    }

    /// The files after another build.
    pub(super) fn replace(&self, files: BTreeSet<String>) {
        *self.files.write().unwrap_or_else(PoisonError::into_inner) = files;
    }

    fn has(&self, path: &str) -> bool {
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        files.contains(path)
    }

    /// The answer to the head of a request, and whether its body is sent.
    fn answer(&self, head: &[u8]) -> (Answer, bool) {
        let Some(request) = Request::parse(head) else {
            return (Answer::refusal("400 Bad Request", "This is not a request."), true);
        };
        let is_head = request.method == "HEAD";
        let answer = match () {
            () if !request.is_for_this_machine() => Answer::refusal(
                "403 Forbidden",
                "This site is only shown at localhost and 127.0.0.1.",
            ),
            () if !is_head && request.method != "GET" => Answer {
                more: "Allow: GET, HEAD\r\n",
                ..Answer::refusal("405 Method Not Allowed", "This site can only be read.")
            },
            () => self.file(request.path()),
        };
        (answer, !is_head)
    }

    fn file(&self, path: &str) -> Answer {
        let missing = || Answer::refusal("404 Not Found", "There is no such page.");
        let path = if path.is_empty() { "index.html" } else { path };
        if !self.has(path) {
            return missing();
        }
        match own_file(&self.folder, path) {
            Ok(Some(body)) => Answer {
                status: "200 OK",
                kind: kind(path),
                more: "",
                body,
            },
            _ => missing(),
        }
    }
}

/// A socket on 127.0.0.1 that receives connections once [`Server::start`] is called.
pub(super) struct Server {
    listener: TcpListener,
}

impl Server {
    /// Binds a port; 0 for any that is free.
    pub(super) fn bind(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        Ok(Self { listener })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Shows a site until the process ends.
    pub(super) fn start(self, shown: Shown) {
        thread::spawn(move || {
            let open = Arc::new(AtomicUsize::new(0));
            for stream in self.listener.incoming() {
                match stream {
                    Ok(stream) => accept(stream, &shown, &open),
                    // Such as too many open files: they will be closed.
                    Err(_) => thread::sleep(Duration::from_millis(50)),
                }
            }
        });
    }
}

/// Counts a connection as long as it exists.
struct Open(Arc<AtomicUsize>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Answers in another thread; with too many connections, the new one is closed.
fn accept(stream: TcpStream, shown: &Shown, open: &Arc<AtomicUsize>) {
    let before = open.fetch_add(1, Ordering::SeqCst);
    let counted = Open(Arc::clone(open));
    if before >= MOST_CONNECTIONS {
        return;
    }
    let shown = shown.clone();
    let spawned = thread::Builder::new().spawn(move || {
        // A browser that goes away needs no answer.
        let _ = serve(stream, &shown);
        drop(counted);
    });
    // Without a thread, the connection is closed with the closure that owns it.
    drop(spawned);
}

fn serve(mut stream: TcpStream, shown: &Shown) -> io::Result<()> {
    let Some(head) = receive(&mut stream)? else {
        return Ok(());
    };
    let (answer, with_body) = match head {
        Head::Whole(head) => shown.answer(&head),
        Head::TooLarge => (
            Answer::refusal("431 Request Header Fields Too Large", "The request is too large."),
            true,
        ),
    };
    answer.send(&mut Timed::new(&stream, PATIENCE_TO_SEND), with_body)?;
    stream.shutdown(Shutdown::Write)?;
    // Closing a connection with unread data would discard what was just sent.
    let rest = Timed::new(&stream, PATIENCE_TO_DRAIN);
    io::copy(&mut rest.take(MOST_DRAINED), &mut io::sink())?;
    Ok(())
}

/// A connection with a deadline for everything that is read or written, however small its parts are.
struct Timed<'a> {
    stream: &'a TcpStream,
    deadline: Instant,
}

impl<'a> Timed<'a> {
    fn new(stream: &'a TcpStream, patience: Duration) -> Self {
        Self {
            stream,
            deadline: Instant::now() + patience,
        }
    }

    /// The time until the deadline, which is never zero.
    fn left(&self) -> io::Result<Duration> {
        match self.deadline.saturating_duration_since(Instant::now()) {
            Duration::ZERO => Err(io::ErrorKind::TimedOut.into()),
            left => Ok(left),
        }
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, part: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        self.stream.read(part)
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write(part)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// The head of a request, without the empty line at its end.
enum Head {
    Whole(Vec<u8>),
    TooLarge,
}

/// Receives a head; `None` if the connection ends before.
fn receive(stream: &mut TcpStream) -> io::Result<Option<Head>> {
    let deadline = Instant::now() + PATIENCE;
    let mut head = Vec::new();
    let mut part = [0; 1024];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(None);
        }
        stream.set_read_timeout(Some(left))?;
        let read = stream.read(&mut part)?;
        if read == 0 {
            return Ok(None);
        }
        head.extend_from_slice(&part[..read]);
        if let Some(end) = memchr::memmem::find(&head, b"\r\n\r\n") {
            head.truncate(end);
            return Ok(Some(match end > LARGEST_HEAD {
                true => Head::TooLarge,
                false => Head::Whole(head),
            }));
        }
        if head.len() > LARGEST_HEAD {
            return Ok(Some(Head::TooLarge));
        }
    }
}

/// What matters of a request.
struct Request<'a> {
    method: &'a str,
    target: &'a str,
    host: &'a str,
}

impl<'a> Request<'a> {
    /// Reads a head strictly; `None` if it is not one of HTTP/1, or does not have exactly one host.
    fn parse(head: &'a [u8]) -> Option<Self> {
        let head = std::str::from_utf8(head).ok()?;
        let mut lines = head.split("\r\n");
        let mut words = lines.next()?.split(' ');
        let (method, target, version) = (words.next()?, words.next()?, words.next()?);
        let is_request = words.next().is_none()
            && matches!(version, "HTTP/1.1" | "HTTP/1.0")
            && target.starts_with('/')
            && target.bytes().all(|byte| byte.is_ascii_graphic());
        let mut host = None;
        for line in lines {
            let (name, value) = line.split_once(':')?;
            if name.eq_ignore_ascii_case("host") && host.replace(value.trim()).is_some() {
                return None;
            }
        }
        is_request.then_some(Self {
            method,
            target,
            host: host?,
        })
    }

    /// A page elsewhere can make its own name point to this machine, but not have the browser send another one.
    fn is_for_this_machine(&self) -> bool {
        let (name, port) = self.host.split_once(':').unwrap_or((self.host, "80"));
        let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        is_port && (name == "127.0.0.1" || name.eq_ignore_ascii_case("localhost"))
    }

    /// The path below the site, without a query. It is looked up as it is: paths of a site have nothing to decode.
    fn path(&self) -> &'a str {
        let path = self.target.split(['?', '#']).next().unwrap_or_default();
        path.strip_prefix('/').unwrap_or(path)
    }
}

/// An answer.
struct Answer {
    status: &'static str,
    kind: &'static str,
    /// More lines of the head.
    more: &'static str,
    body: Vec<u8>,
}

impl Answer {
    fn refusal(status: &'static str, text: &str) -> Self {
        Self {
            status,
            kind: "text/plain; charset=utf-8",
            more: "",
            body: format!("{text}\n").into_bytes(),
        }
    }

    fn send(&self, stream: &mut impl Write, with_body: bool) -> io::Result<()> {
        let head = format!(
            "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}Cache-Control: no-store\r\n\
             Content-Security-Policy: {}\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n\
             Cross-Origin-Opener-Policy: same-origin\r\nCross-Origin-Resource-Policy: same-origin\r\n\
             Connection: close\r\n\r\n",
            self.status,
            self.kind,
            self.body.len(),
            self.more,
            policy(),
        );
        stream.write_all(head.as_bytes())?;
        if with_body {
            stream.write_all(&self.body)?;
        }
        stream.flush()
    }
}

/// The media type of a file of a site.
fn kind(path: &str) -> &'static str {
    let extension = Path::new(path)
        .extension()
        .and_then(|extension| extension.to_str());
    match extension {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("xml") => "application/atom+xml; charset=utf-8",
        Some("json") => "application/json",
        Some("jsonl") => "application/jsonl; charset=utf-8",
        Some("csv") => "text/csv; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(folder: &Path) -> Shown {
        std::fs::create_dir_all(folder.join("days")).unwrap();
        std::fs::write(folder.join("index.html"), "the record").unwrap();
        std::fs::write(folder.join("days/2026-04-04.html"), "a day").unwrap();
        std::fs::write(folder.join("secret.html"), "not ours").unwrap();
        let files = ["index.html", "days/2026-04-04.html", "gone.html"];
        Shown::new(folder.to_owned(), files.map(str::to_owned).into())
    }

    /// The status and the body of the answer to `request`.
    fn asked(shown: &Shown, request: &str) -> (String, String) {
        let (answer, with_body) = shown.answer(request.as_bytes());
        let mut sent = Vec::new();
        answer.send(&mut sent, with_body).unwrap();
        let sent = String::from_utf8(sent).unwrap();
        let (head, body) = sent.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap();
        (status.to_owned(), body.to_owned())
    }

    fn got(shown: &Shown, target: &str) -> (String, String) {
        asked(shown, &format!("GET {target} HTTP/1.1\r\nHost: localhost:8000"))
    }

    #[test]
    fn only_files_of_the_site_are_sent() {
        let folder = tempfile::tempdir().unwrap();
        let shown = site(folder.path());
        let ok = |body: &str| ("200".to_owned(), body.to_owned());
        assert_eq!(got(&shown, "/"), ok("the record"));
        assert_eq!(got(&shown, "/index.html?x=1"), ok("the record"));
        assert_eq!(got(&shown, "/days/2026-04-04.html"), ok("a day"));
        let targets = [
            "/secret.html",
            "/gone.html",
            "/days",
            "/days/",
            "/days/../index.html",
            "/../etc/passwd",
            "/%2e%2e/etc/passwd",
            "//index.html",
            "/.leverage-site",
            "/index.html/",
            "/index.html%00",
        ];
        for target in targets {
            assert_eq!(got(&shown, target).0, "404", "{target}");
        }
        shown.replace(["secret.html".to_owned()].into());
        assert_eq!(got(&shown, "/secret.html").0, "200");
        assert_eq!(got(&shown, "/").0, "404");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let shown = site(folder.path());
        std::os::unix::fs::symlink(folder.path().join("secret.html"), folder.path().join("gone.html"))
            .unwrap();
        assert_eq!(got(&shown, "/gone.html").0, "404");
        std::fs::rename(folder.path().join("days"), folder.path().join("elsewhere")).unwrap();
        std::os::unix::fs::symlink(folder.path().join("elsewhere"), folder.path().join("days")).unwrap();
        assert_eq!(got(&shown, "/days/2026-04-04.html").0, "404");
    }

    #[test]
    fn another_host_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let shown = site(folder.path());
        let with = |host: &str| asked(&shown, &format!("GET / HTTP/1.1\r\n{host}")).0;
        for host in ["Host: localhost", "host:127.0.0.1:8000", "HOST: LocalHost:1"] {
            assert_eq!(with(host), "200", "{host}");
        }
        for host in [
            "Host: example.org",
            "Host: localhost.example.org:8000",
            "Host: 127.0.0.1.example.org",
            "Host: localhost:x",
            "Host: localhost:",
            "Host: user@localhost",
            "Host:",
        ] {
            assert_eq!(with(host), "403", "{host}");
        }
        for host in ["Accept: */*", "Host: localhost\r\nHost: example.org", "no colon"] {
            assert_eq!(with(host), "400", "{host}");
        }
    }

    #[test]
    fn a_site_can_only_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let shown = site(folder.path());
        let by = |method: &str| asked(&shown, &format!("{method} / HTTP/1.1\r\nHost: localhost"));
        assert_eq!(by("HEAD"), ("200".to_owned(), String::new()));
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "get"] {
            assert_eq!(by(method).0, "405", "{method}");
        }
        for line in [
            "GET /",
            "GET / HTTP/2",
            "GET  / HTTP/1.1",
            "GET http://localhost/ HTTP/1.1",
            "GET /\u{1} HTTP/1.1",
            "",
        ] {
            assert_eq!(
                asked(&shown, &format!("{line}\r\nHost: localhost")).0,
                "400",
                "{line}"
            );
        }
        assert!(Request::parse(b"GET /\xff HTTP/1.1\r\nHost: localhost").is_none());
    }

    #[test]
    fn an_answer_is_bounded_by_headers() {
        let mut sent = Vec::new();
        Answer::refusal("404 Not Found", "x")
            .send(&mut sent, true)
            .unwrap();
        let sent = String::from_utf8(sent).unwrap();
        for line in [
            "Content-Length: 2\r\n",
            "Cache-Control: no-store\r\n",
            "X-Content-Type-Options: nosniff\r\n",
            "frame-ancestors 'none'\r\n",
            "Cross-Origin-Resource-Policy: same-origin\r\n",
        ] {
            assert!(sent.contains(line), "{sent}");
        }
        assert!(!sent.contains("unsafe"));
        assert_eq!(kind("data/tasks.jsonl"), "application/jsonl; charset=utf-8");
        assert_eq!(kind("index"), "application/octet-stream");
    }

    /// What the server sends to a client that sends `request` and nothing more.
    fn sent(address: SocketAddr, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        // The server may have closed the connection already.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8(answer).unwrap()
    }

    #[test]
    fn it_listens_on_this_machine_alone_and_stays_within_limits() {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::bind(0).unwrap();
        let address = server.address().unwrap();
        assert_eq!(address.ip(), Ipv4Addr::LOCALHOST);
        server.start(site(folder.path()));
        let whole = sent(address, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert!(
            whole.starts_with("HTTP/1.1 200 OK\r\n") && whole.ends_with("\r\n\r\nthe record"),
            "{whole}"
        );
        let body = [
            b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000\r\n\r\n".as_slice(),
            &[b'x'; 4000],
        ];
        assert!(sent(address, &body.concat()).starts_with("HTTP/1.1 405 "));
        let long = format!("GET /{} HTTP/1.1\r\n", "a".repeat(LARGEST_HEAD + 2000));
        assert!(sent(address, long.as_bytes()).starts_with("HTTP/1.1 431 "));
        // Those that say nothing take their places, and others are turned away until they go.
        // One more joins in each round: the place of a request from above may have become free after all others had come.
        let idle_one = || TcpStream::connect(address).unwrap();
        let mut idle: Vec<TcpStream> = (0..MOST_CONNECTIONS).map(|_| idle_one()).collect();
        let refused = (0..200).any(|_| {
            thread::sleep(Duration::from_millis(5));
            idle.push(idle_one());
            sent(address, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").is_empty()
        });
        assert!(refused);
        drop(idle);
        let served = (0..200).any(|_| {
            thread::sleep(Duration::from_millis(5));
            sent(address, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").ends_with("the record")
        });
        assert!(served);
    }
}
