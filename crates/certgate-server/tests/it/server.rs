//! What a server does with connections, whoever answers.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use certgate_domain::Protocol;
use certgate_server::{Caller, Handled, Handler, Server};
use certgate_wire::{Reply, Request};

/// Says when a request came, and answers when it is told to.
struct Slow {
    came: mpsc::Sender<String>,
    go: Mutex<mpsc::Receiver<()>>,
}

impl Handler for Slow {
    fn protocols(&self) -> &[Protocol] {
        &[Protocol::Json]
    }

    fn handle(&self, _: Protocol, request: &Request, _: &Caller) -> Handled {
        self.came.send(request.target.clone()).unwrap();
        let _ = self.go.lock().unwrap().recv();
        Handled::Reply(Reply::of("well"), Duration::ZERO)
    }

    fn max_wait(&self) -> Duration {
        MAX_WAIT
    }
}

/// How long a large request waits for others.
const MAX_WAIT: Duration = Duration::from_millis(100);

fn start() -> (Server, mpsc::Receiver<String>, mpsc::Sender<()>) {
    let ((came, coming), (go, going)) = (mpsc::channel(), mpsc::channel());
    let server = Server::start(Slow { came, go: Mutex::new(going) }, "127.0.0.1:0".parse().unwrap()).unwrap();
    (server, coming, go)
}

fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn stopping_answers_what_is_in_hand_and_takes_nothing_more() {
    let (server, coming, go) = start();
    let address = server.address();
    // Kept open by its client, and idle.
    let _idle = TcpStream::connect(address).unwrap();
    let asking = thread::spawn(move || ask(address, "GET /v1/hello HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    assert_eq!(coming.recv().unwrap(), "/hello");
    let stopping = thread::spawn(move || server.stop());
    while TcpStream::connect(address).is_ok() {
        thread::yield_now();
    }
    go.send(()).unwrap();
    assert!(asking.join().unwrap().ends_with("\r\n\r\nwell"));
    stopping.join().unwrap();
}

#[test]
fn what_is_spoken_here() {
    let (server, _coming, go) = start();
    drop(go);
    assert_eq!(server.endpoint(Protocol::Json), format!("http://{}/v1", server.address()));
    for (method, target, status) in
        [("GET", "/v1/hello", "200"), ("POST", "/xml", "404"), ("GET", "/", "404"), ("TRACE", "/v1/hello", "405")]
    {
        let head = format!(
            "{method} {target} HTTP/1.1
Host: localhost
Connection: close

"
        );
        let answer = ask(server.address(), &head);
        assert_eq!(answer.split(' ').nth(1), Some(status), "{method} {target}: {answer}");
        assert!(status != "404" || answer.ends_with("\r\n\r\nJSON is at /v1"), "{answer}");
    }
}

/// Answers at once, and notes how many it has in hand at a time.
#[derive(Default)]
struct Counting {
    now: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    /// Handles this request only once its caller is gone; says so when it came, and when the caller is gone.
    waits_for: Option<&'static str>,
    seen: Option<mpsc::Sender<&'static str>>,
}

impl Handler for Counting {
    fn protocols(&self) -> &[Protocol] {
        &[Protocol::Json]
    }

    fn handle(&self, _: Protocol, request: &Request, caller: &Caller) -> Handled {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        if self.waits_for == Some(request.target.as_str()) {
            let seen = self.seen.as_ref().unwrap();
            seen.send("came").unwrap();
            while !caller.has_hung_up() {
                thread::yield_now();
            }
            seen.send("gone").unwrap();
        }
        let sum = request.body.iter().map(|byte| usize::from(*byte)).sum::<usize>();
        self.now.fetch_sub(1, Ordering::SeqCst);
        Handled::Reply(Reply::of(format!("sum {sum}")), Duration::ZERO)
    }
}

fn counting(handler: Counting) -> Server {
    Server::start(handler, "127.0.0.1:0".parse().unwrap()).unwrap()
}

#[test]
fn requests_that_are_turned_away_unread() {
    let server = counting(Counting::default());
    for (head, status) in [
        ("POST /v1/poll HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n", "413"),
        ("GET /v1/poll HTTP/1.1\r\n", "400"),
        ("GET /v1/poll HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n", "400"),
        ("GET /v1/poll HTTP/1.1\r\nHost: evil.example\r\n", "421"),
        ("GET /v1/poll HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n", "403"),
        ("GET /v1/poll HTTP/1.0\r\n", "200"),
    ] {
        let answer = ask(server.address(), &format!("{head}Connection: close\r\n\r\n"));
        assert_eq!(answer.split(' ').nth(1), Some(status), "{head}: {answer}");
    }
}

/// Connections that say nothing, half a head or half a body keep nobody waiting, and no end of the server.
#[test]
fn idle_and_half_sent_connections_give_way() {
    let server = counting(Counting::default());
    let halves = ["", "GET /v1/po", "POST /v1/poll HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf"];
    let mut held = Vec::new();
    for at in 0..600 {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        let _ = stream.write_all(halves[at % halves.len()].as_bytes());
        held.push(stream);
    }
    let answer = ask(server.address(), "GET /v1/hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert!(answer.ends_with("sum 0"), "{answer}");
    // The first ones gave way; what came last is still there.
    held[0].set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let ended = held[0].read(&mut [0]);
    assert!(matches!(&ended, Ok(0)) || ended.is_err_and(|why| why.kind() == io::ErrorKind::ConnectionReset));
    server.stop();
}

/// Large requests are all answered, and few of them are in memory at a time.
#[test]
fn large_requests_take_turns() {
    const LARGE: usize = 8 << 20;
    let handler = Counting::default();
    let most = handler.most.clone();
    let server = counting(handler);
    let address = server.address();
    let asking: Vec<_> = (0..6)
        .map(|_| {
            thread::spawn(move || {
                let head = format!(
                    "POST /v1/poll HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {LARGE}\r\n\r\n"
                );
                ask(address, &(head + &"a".repeat(LARGE)))
            })
        })
        .collect();
    for asked in asking {
        assert!(asked.join().unwrap().ends_with(&format!("sum {}", LARGE * 97)));
    }
    assert!((1..=2).contains(&most.load(Ordering::SeqCst)), "{most:?}");
}

/// As many as fit into memory are in hand at once, whatever they wait for; one for which there is no room is told so when it has waited.
#[test]
fn large_requests_wait_only_where_there_is_no_room() {
    let (server, coming, go) = start();
    let address = server.address();
    let post = move |length: usize| {
        let head = "POST /v1/poll HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length:";
        ask(address, &format!("{head} {length}\r\n\r\n{}", "a".repeat(length)))
    };
    let asking: Vec<_> = std::iter::once(8 << 20)
        .chain([100 << 10; 20])
        .map(|length| {
            let asking = thread::spawn(move || post(length));
            assert_eq!(coming.recv_timeout(Duration::from_secs(20)).as_deref(), Ok("/poll"));
            asking
        })
        .collect();
    let start = Instant::now();
    let answer = post(8 << 20);
    assert_eq!(answer.split(' ').nth(1), Some("503"), "{answer}");
    assert!((MAX_WAIT..Duration::from_secs(20)).contains(&start.elapsed()), "{:?}", start.elapsed());
    drop(go);
    for asked in asking {
        assert!(asked.join().unwrap().ends_with("\r\n\r\nwell"));
    }
}

/// Who hung up is known to be gone while the request is still in hand, whatever he had said besides. Who only says no more looks the same from
/// here.
#[test]
fn a_caller_that_hung_up() {
    for (more, end) in
        [("", Shutdown::Both), ("", Shutdown::Write), ("\r\n", Shutdown::Both), ("GET /", Shutdown::Write)]
    {
        let (seen, seeing) = mpsc::channel();
        let server = counting(Counting { waits_for: Some("/poll"), seen: Some(seen), ..Counting::default() });
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.write_all(format!("GET /v1/poll HTTP/1.1\r\nHost: localhost\r\n\r\n{more}").as_bytes()).unwrap();
        // Who hangs up before that is gone with his request: nobody handles it.
        assert_eq!(seeing.recv_timeout(Duration::from_secs(20)), Ok("came"));
        stream.shutdown(end).unwrap();
        assert_eq!(seeing.recv_timeout(Duration::from_secs(20)), Ok("gone"), "{more:?}");
    }
}
