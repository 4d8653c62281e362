//! A real name server over UDP and TCP, whose messages and signatures the library makes.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream, UdpSocket},
    sync::{Arc, Mutex},
    thread,
};

use domain::{
    base::{
        Message, MessageBuilder, Name, RecordData, Rtype, Serial, Ttl,
        iana::{Class, Opcode, Rcode},
    },
    rdata::{A, AllRecordData, Cname, Ns, Soa, Txt, ZoneRecordData, tsig::Time48},
    tsig::{Algorithm, Key, ServerTransaction},
};

pub(crate) type Data = ZoneRecordData<Vec<u8>, Name<Vec<u8>>>;
pub(crate) type Zone = Arc<Mutex<Vec<(String, Data)>>>;

fn name(text: &str) -> Name<Vec<u8>> {
    Name::vec_from_str(text).unwrap()
}

pub(crate) fn txt(text: &str) -> Data {
    Txt::build_from_slice(text.as_bytes()).unwrap().into()
}

pub(crate) fn cname(target: &str) -> Data {
    Cname::new(name(target)).into()
}

pub(crate) fn ns(server: &str) -> Data {
    Ns::new(name(server)).into()
}

pub(crate) fn a(address: [u8; 4]) -> Data {
    A::new(address.into()).into()
}

pub(crate) fn soa() -> Data {
    let (server, minute) = (name("ns.example.com."), Ttl::from_secs(60));
    Soa::new(server.clone(), server, Serial(1), minute, minute, minute, minute).into()
}

pub(crate) fn zone(records: &[(&str, Data)]) -> Zone {
    Arc::new(Mutex::new(records.iter().map(|(name, data)| ((*name).to_owned(), data.clone())).collect()))
}

pub(crate) fn key(algorithm: Algorithm, name: &str, secret: &[u8]) -> Arc<Key> {
    Arc::new(Key::new(algorithm, secret, name.parse().unwrap(), None, None).unwrap())
}

/// Serves a zone that may change while it is served.
pub(crate) fn serve(zone: Zone) -> SocketAddr {
    NameServer::of(zone).listen("127.0.0.1:0")
}

/// The same, and takes updates that are signed with the key.
pub(crate) fn serve_updates(zone: Zone, key: Arc<Key>) -> SocketAddr {
    NameServer { key: Some(key), ..NameServer::of(zone) }.listen("127.0.0.1:0")
}

#[derive(Clone)]
pub(crate) struct NameServer {
    pub(crate) zone: Zone,
    /// The one zone that it has, where it refuses others.
    pub(crate) apex: Option<&'static str>,
    /// What updates are signed with.
    pub(crate) key: Option<Arc<Key>>,
    /// Over UDP it says only that its answer does not fit.
    pub(crate) truncates: bool,
    /// Each question, in its order.
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
}

impl NameServer {
    pub(crate) fn of(zone: Zone) -> Self {
        Self { zone, apex: None, key: None, truncates: false, asked: Arc::default() }
    }

    pub(crate) fn listen(self, address: &str) -> SocketAddr {
        let (socket, listener) = both(address);
        let address = socket.local_addr().unwrap();
        let over_udp = self.clone();
        thread::spawn(move || {
            let mut buffer = [0; 1500];
            while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                let answer = over_udp.answer(buffer[..length].to_vec(), over_udp.truncates);
                let _ = socket.send_to(&answer, from);
            }
        });
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let answer = self.answer(receive(&mut stream), false);
                send(&mut stream, &answer);
            }
        });
        address
    }

    /// The answer to a message.
    pub(crate) fn answer(&self, bytes: Vec<u8>, truncates: bool) -> Vec<u8> {
        let asked = Message::from_octets(bytes).unwrap();
        if asked.header().opcode() == Opcode::UPDATE {
            return self.update(asked);
        }
        let question = asked.sole_question().unwrap();
        self.asked.lock().unwrap().push(format!("{}. {}", question.qname(), question.qtype()));
        let zone = self.zone.lock().unwrap();
        let here: Vec<&Data> = zone
            .iter()
            .filter(|(owner, data)| {
                name(owner) == *question.qname() && [question.qtype(), Rtype::CNAME].contains(&data.rtype())
            })
            .map(|(_, data)| data)
            .collect();
        let is_ours = self.apex.is_none_or(|apex| question.qname().ends_with(&name(apex)));
        let code = match here.is_empty() {
            _ if !is_ours => Rcode::REFUSED,
            true => Rcode::NXDOMAIN,
            false => Rcode::NOERROR,
        };
        let mut answer = MessageBuilder::new_vec().start_answer(&asked, code).unwrap();
        answer.header_mut().set_aa(is_ours);
        answer.header_mut().set_tc(truncates);
        for data in here.into_iter().filter(|_| is_ours && !truncates) {
            answer.push((question.qname(), 0, data)).unwrap();
        }
        answer.finish()
    }

    /// RFC 2136.
    fn update(&self, mut asked: Message<Vec<u8>>) -> Vec<u8> {
        let received = asked.clone();
        let builder = MessageBuilder::new_vec();
        let Some(key) = &self.key else {
            return builder.start_answer(&asked, Rcode::REFUSED).unwrap().finish();
        };
        let transaction = match ServerTransaction::request(key, &mut asked, Time48::now()) {
            Ok(Some(transaction)) => transaction,
            Ok(None) => return builder.start_answer(&asked, Rcode::REFUSED).unwrap().finish(),
            Err(why) => return why.build_message(&received, builder).unwrap().finish(),
        };
        let mut zone = self.zone.lock().unwrap();
        let mut code = Rcode::NOERROR;
        // What may not be there stands where answers have their records.
        for none in asked.prerequisite().unwrap() {
            let none = none.unwrap();
            let kind = none.rtype();
            assert_eq!((none.class(), none.rdlen()), (Class::NONE, 0));
            if zone
                .iter()
                .any(|(owner, data)| name(owner) == none.owner() && [data.rtype(), Rtype::ANY].contains(&kind))
            {
                code = if kind == Rtype::ANY { Rcode::YXDOMAIN } else { Rcode::YXRRSET };
            }
        }
        // The changes stand where answers have their authorities.
        for change in asked.update().unwrap().into_records::<AllRecordData<_, _>>().filter(|_| code == Rcode::NOERROR) {
            let change = change.unwrap();
            let owner = format!("{}.", change.owner());
            let data: Data = match change.data() {
                AllRecordData::Txt(text) => txt(std::str::from_utf8(&text.text::<Vec<u8>>()).unwrap()),
                AllRecordData::Cname(target) => cname(&target.cname().to_string()),
                other => panic!("{other}"),
            };
            match change.class() {
                Class::NONE => zone.retain(|(other, there)| !(*other == owner && *there == data)),
                _ => zone.push((owner, data)),
            }
        }
        let mut answer = builder.start_answer(&asked, code).unwrap().additional();
        transaction.answer(&mut answer, Time48::now()).unwrap();
        answer.finish()
    }
}

/// One port that is free over UDP and over TCP: a port that the system gives for the one may be in use for the other.
pub(crate) fn both(address: &str) -> (UdpSocket, TcpListener) {
    for _ in 0..100 {
        let socket = UdpSocket::bind(address).unwrap();
        if let Ok(listener) = TcpListener::bind(socket.local_addr().unwrap()) {
            return (socket, listener);
        }
    }
    panic!("no port is free over both");
}

/// One message over TCP, with its length before it. Empty: the other side hung up.
pub(crate) fn receive(stream: &mut TcpStream) -> Vec<u8> {
    let mut length = [0; 2];
    stream.read_exact(&mut length).unwrap();
    let mut bytes = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

pub(crate) fn send(stream: &mut TcpStream, message: &[u8]) {
    let length = u16::try_from(message.len()).unwrap();
    let _ = stream.write_all(&[&length.to_be_bytes()[..], message].concat());
}
