//! A real name server over UDP, whose answers the library encodes.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test file uses its part")]

use std::{
    net::{SocketAddr, UdpSocket},
    sync::{Arc, Mutex},
    thread,
};

use hickory_proto::{
    op::{Message, MessageType, OpCode, ResponseCode},
    rr::{
        Name, RData, Record, RecordType,
        rdata::{CNAME, TXT},
    },
};

pub type Zone = Arc<Mutex<Vec<(String, RData)>>>;

pub fn txt(text: &str) -> RData {
    RData::TXT(TXT::new(vec![text.to_owned()]))
}

pub fn cname(target: &str) -> RData {
    RData::CNAME(CNAME(Name::from_ascii(target).unwrap()))
}

/// Serves a zone that may change while it is served.
pub fn serve(zone: Zone) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
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

pub fn zone(records: &[(&str, RData)]) -> Zone {
    Arc::new(Mutex::new(records.iter().map(|(name, data)| ((*name).to_owned(), data.clone())).collect()))
}
