//! What a server does with connections, whoever answers.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{Mutex, mpsc},
    thread,
    time::Duration,
};

use certgate_domain::Protocol;
use certgate_server::{Handled, Handler, Server};
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

    fn handle(&self, _: Protocol, request: &Request) -> Handled {
        self.came.send(request.target.clone()).unwrap();
        let _ = self.go.lock().unwrap().recv();
        Handled::Reply(Reply::of("well"), Duration::ZERO)
    }
}

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
    let asking = thread::spawn(move || ask(address, "GET /v1/hello HTTP/1.1\r\nHost: x\r\n\r\n"));
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
        [("GET", "/v1/hello", "200"), ("POST", "/xml", "404"), ("GET", "/", "404"), ("PATCH", "/v1/hello", "405")]
    {
        let head = format!(
            "{method} {target} HTTP/1.1
Host: x
Connection: close

"
        );
        let answer = ask(server.address(), &head);
        assert_eq!(answer.split(' ').nth(1), Some(status), "{method} {target}: {answer}");
        assert!(status != "404" || answer.ends_with("\r\n\r\nJSON is at /v1"), "{answer}");
    }
}
