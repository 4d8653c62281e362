//! A real name server over UDP, whose answers the library encodes.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, UdpSocket},
    sync::{Arc, Mutex},
    thread,
};

use hickory_proto::{
    op::{Message, MessageType, OpCode, ResponseCode},
    rr::{
        DNSClass, Name, RData, Record, RecordType, TSigResponseContext, TSigner,
        rdata::{CNAME, SOA, TXT},
    },
};

pub(crate) type Zone = Arc<Mutex<Vec<(String, RData)>>>;

pub(crate) fn txt(text: &str) -> RData {
    RData::TXT(TXT::new(vec![text.to_owned()]))
}

pub(crate) fn cname(target: &str) -> RData {
    RData::CNAME(CNAME(Name::from_ascii(target).unwrap()))
}

/// Serves a zone that may change while it is served.
pub(crate) fn serve(zone: Zone) -> SocketAddr {
    serve_at("127.0.0.1:0", zone)
}

pub(crate) fn serve_at(address: &str, zone: Zone) -> SocketAddr {
    answer(UdpSocket::bind(address).unwrap(), zone)
}

/// One port that is free over UDP and over TCP: a port that the system gives for the one may be in use for the other.
pub(crate) fn both() -> (UdpSocket, TcpListener) {
    for _ in 0..100 {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        if let Ok(listener) = TcpListener::bind(socket.local_addr().unwrap()) {
            return (socket, listener);
        }
    }
    panic!("no port is free over both");
}

/// Answers what is asked at a socket.
pub(crate) fn answer(socket: UdpSocket, zone: Zone) -> SocketAddr {
    let address = socket.local_addr().unwrap();
    thread::spawn(move || {
        let mut buffer = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let Ok(asked) = Message::from_vec(&buffer[..length]) else { continue };
            let mut answer = Message::new(asked.metadata.id, MessageType::Response, OpCode::Query);
            answer.metadata.authoritative = true;
            for query in &asked.queries {
                answer.add_query(query.clone());
                let zone = zone.lock().unwrap();
                let here = |(name, _): &&(String, RData)| Name::from_ascii(name).unwrap() == *query.name();
                for (_, data) in zone.iter().filter(here) {
                    let kind = data.record_type();
                    if kind == query.query_type() || kind == RecordType::CNAME {
                        answer.add_answer(Record::from_rdata(query.name().clone(), 0, data.clone()));
                    }
                }
            }
            if answer.answers.is_empty() {
                answer.metadata.response_code = ResponseCode::NXDomain;
            }
            let _ = socket.send_to(&answer.to_vec().unwrap(), from);
        }
    });
    address
}

pub(crate) fn zone(records: &[(&str, RData)]) -> Zone {
    Arc::new(Mutex::new(records.iter().map(|(name, data)| ((*name).to_owned(), data.clone())).collect()))
}

pub(crate) fn soa() -> RData {
    let name = || Name::from_ascii("ns.example.com.").unwrap();
    RData::SOA(SOA::new(name(), name(), 1, 60, 60, 60, 60))
}

/// Serves a zone at one address over UDP, and takes updates over TCP that are signed with the key.
pub(crate) fn serve_updates(zone: Zone, signer: TSigner) -> SocketAddr {
    let (socket, listener) = both();
    let address = answer(socket, zone.clone());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut length = [0; 2];
            if stream.read_exact(&mut length).is_err() {
                continue;
            }
            let mut bytes = vec![0; usize::from(u16::from_be_bytes(length))];
            stream.read_exact(&mut bytes).unwrap();
            let asked = Message::from_vec(&bytes).unwrap();
            let mut answer = Message::new(asked.metadata.id, MessageType::Response, OpCode::Update);
            let time = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
            let bytes = match signer.verify_message_byte(&bytes, None, true) {
                Ok((_, _, range)) if range.contains(&time) => {
                    let mut zone = zone.lock().unwrap();
                    // RFC 2136: what may not be there stands where answers have their records.
                    for none in &asked.answers {
                        let kind = none.record_type();
                        let at = |(name, data): &(String, RData)| {
                            *name == none.name.to_string() && (kind == RecordType::ANY || kind == data.record_type())
                        };
                        if zone.iter().any(at) {
                            answer.metadata.response_code = match kind {
                                RecordType::ANY => ResponseCode::YXDomain,
                                _ => ResponseCode::YXRRSet,
                            };
                        }
                    }
                    let updates = match answer.metadata.response_code {
                        ResponseCode::NoError => asked.authorities.as_slice(),
                        _ => &[],
                    };
                    // RFC 2136: the updates stand where answers have their authorities.
                    for update in updates {
                        let (name, data) = (update.name.to_string(), update.data.clone());
                        match update.dns_class {
                            DNSClass::NONE => zone.retain(|(other, there)| !(*other == name && *there == data)),
                            _ => zone.push((name, data)),
                        }
                    }
                    let context = TSigResponseContext::new(asked.metadata.id, time, signer.clone(), mac(&asked), None);
                    let signature = context.sign(&answer.to_vec().unwrap()).unwrap();
                    answer.set_signature(signature);
                    answer.to_vec().unwrap()
                }
                _ => {
                    answer.metadata.response_code = ResponseCode::NotAuth;
                    answer.to_vec().unwrap()
                }
            };
            let length = u16::try_from(bytes.len()).unwrap();
            stream.write_all(&[&length.to_be_bytes()[..], &bytes].concat()).unwrap();
        }
    });
    address
}

/// The signature of what was asked, which that of the answer covers.
fn mac(asked: &Message) -> Vec<u8> {
    asked.signature.as_ref().map(|record| record.data.mac.to_vec()).unwrap_or_default()
}
