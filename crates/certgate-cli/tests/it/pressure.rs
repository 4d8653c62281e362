//! What clients at their worst make of a server: the memory of the real process, and its end.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use pretty_assertions::assert_eq;

use crate::support::{
    binary::stderr,
    serving::{AUTH, Serving},
};

const MIB: usize = 1 << 20;
/// The largest request that is taken.
const LARGEST: usize = 8 * MIB;
/// So many come at a time.
const AT_A_TIME: usize = 20;
/// And so often, one after the other: twenty of a kind would not fit below `MOST` if any of them stayed.
const BURSTS: usize = 4;
/// What the whole process may have in memory at most.
const MOST: usize = 200 * MIB;

/// A figure of `/proc/PID/status`, in bytes.
fn memory(serving: &Serving, figure: &str) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", serving.child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(figure)).unwrap();
    line.trim_start_matches(':').trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
}

/// The head of a request by the account of the simulator.
fn head(path: &str, length: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nUser-Agent: a test\r\n\
         Authorization: Basic dXNlcjpwYXNzd29yZA==\r\n\
         X-Domainrobot-Context: 9\r\nContent-Type: application/json\r\n{length}\r\n\r\n"
    )
}

/// The status of its answer; none where the connection broke off.
fn ask(serving: &Serving, head: &str, body: &[u8]) -> Option<u16> {
    let mut stream = TcpStream::connect(serving.address()).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    // Who is refused need not be listened to any longer.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).split(' ').nth(1)?.parse().ok()
}

/// A list of certificates asked for with as much as a request may hold, in texts and in as many parts as are let in.
fn large_requests() -> Vec<(&'static str, Vec<u8>)> {
    let xml = format!("<request>{AUTH}<task><code>400105</code>");
    let body = |start: &str, repeated: &str, end: &str| {
        let count = (LARGEST - start.len() - end.len()) / repeated.len();
        format!("{start}{}{end}", repeated.repeat(count)).into_bytes()
    };
    vec![
        ("/v1/certificate/_search", body("{\"comment\":\"", "a few words of text ", "\"}")),
        ("/v1/certificate/_search", body("{\"a\":[1", ",1234567890123456", "]}")),
        ("/xml", body(&format!("{xml}<comment>"), "a few words of text ", "</comment></task></request>")),
        ("/xml", body(&xml, "<a b=\"123456789012\"/>", "</task></request>")),
    ]
}

/// 8 MiB are a hundred times what an answer of the gateway has. Twenty of them at a time wait for their turn, and those after them find room where they
/// were (how much of it goes back to the system is the allocator's affair); more than that is refused, by its length or once it is too long.
#[test]
fn large_requests_stay_within_bounds_and_pile_up_nowhere() {
    let serving = Serving::start(&["simulator"]);
    let requests = large_requests();
    for burst in 1..=BURSTS {
        thread::scope(|scope| {
            for (path, body) in requests.iter().cycle().take(AT_A_TIME) {
                let head = head(path, &format!("Content-Length: {}", body.len()));
                let serving = &serving;
                scope.spawn(move || assert_eq!(ask(serving, &head, body), Some(200), "{path}"));
            }
        });
        let most = memory(&serving, "VmHWM");
        assert!(most < MOST, "{} MiB were in use in burst {burst}", most / MIB);
    }

    let too_long = vec![b'a'; LARGEST + 1];
    for (length, body) in [
        ("Content-Length: 8388609", &b""[..]),
        ("Content-Length: 1000000000000", b""),
        ("Transfer-Encoding: chunked", &[b"800001\r\n", &too_long[..], b"\r\n0\r\n\r\n"].concat()),
    ] {
        for path in ["/xml", "/v1/certificate/_search"] {
            assert_eq!(ask(&serving, &head(path, length), body), Some(413), "{path} {length}");
        }
    }
    assert!(memory(&serving, "VmHWM") < MOST);
}

/// SIGTERM ends it, whatever is half-sent: within ten seconds, and well.
#[test]
fn half_sent_requests_do_not_hold_up_the_end() {
    let mut serving = Serving::start(&["simulator"]);
    let mut held = Vec::new();
    for half in [
        "",
        "POST /v1/po",
        &head("/v1/certificate/_search", "Content-Length: 100000"),
        &head("/xml", "Content-Length: 8000000"),
    ] {
        let mut stream = TcpStream::connect(serving.address()).unwrap();
        stream.write_all(half.as_bytes()).unwrap();
        stream.write_all(&vec![b' '; if half.contains("8000000") { 100_000 } else { 0 }]).unwrap();
        held.push(stream);
    }
    let start = Instant::now();
    let told = Command::new("kill").args(["-TERM", &serving.child.id().to_string()]).output().unwrap();
    assert!(told.status.success(), "{}", stderr(&told));
    assert_eq!(serving.child.wait().unwrap().code(), Some(0), "{}", serving.stderr());
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}
