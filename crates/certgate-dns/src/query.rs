//! One question to one name server: over UDP, and over TCP where the answer does not fit.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket},
    time::{Duration, Instant},
};

use domain::{
    base::{
        Message, MessageBuilder, ParsedName, Record, Rtype, ToName,
        iana::{Class, Rcode},
    },
    rdata::AllRecordData,
};

use crate::DnsName;

/// How long a server may take over one question.
const PATIENCE: Duration = Duration::from_secs(3);
/// A question that was not answered by then may be lost, and is sent once more.
const SENT_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// Longest answer over UDP that is read: nothing was said about longer ones.
const LONGEST_DATAGRAM: usize = 4096;

/// Why a server gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// It cannot be reached.
    #[error("it cannot be reached ({0})")]
    Unreachable(String),
    /// It said nothing in time.
    #[error("it gave no answer within {} s", PATIENCE.as_secs())]
    Silent,
    /// It answered with something that is no DNS message.
    #[error("its answer cannot be read")]
    Unreadable,
    /// It answered, and not the question. The response code's name, such as `SERVFAIL`.
    #[error("it answers {0}")]
    ResponseCode(String),
}

impl From<io::Error> for QueryError {
    fn from(why: io::Error) -> Self {
        match why.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => Self::Silent,
            ErrorKind::UnexpectedEof => Self::Unreadable,
            _ => Self::Unreachable(why.to_string()),
        }
    }
}

/// What a server knows of a name: records, or that there are none.
pub(crate) struct Answer(Message<Vec<u8>>);

/// Asks a server, once.
///
/// # Errors
/// [`QueryError`]: it gave no answer, or one that says neither that there are records nor that there are none.
pub(crate) fn ask(server: SocketAddr, name: &DnsName, rtype: Rtype, recursive: bool) -> Result<Answer, QueryError> {
    let deadline = Instant::now() + PATIENCE;
    let question = question(name, rtype, recursive)?;
    let mut answer = over_udp(server, &question, deadline)?;
    if answer.header().tc() {
        let stream = TcpStream::connect_timeout(&server, left(deadline)?)?;
        let bytes = exchange(stream, question.as_slice(), deadline)?;
        answer = Message::from_octets(bytes).map_err(|_| QueryError::Unreadable)?;
        if !answer.is_answer(&question) {
            return Err(QueryError::Unreadable);
        }
    }
    match answer.header().rcode() {
        Rcode::NOERROR | Rcode::NXDOMAIN => Ok(Answer(answer)),
        other => Err(QueryError::ResponseCode(other.to_string())),
    }
}

fn question(name: &DnsName, rtype: Rtype, recursive: bool) -> Result<Message<Vec<u8>>, QueryError> {
    let mut message = MessageBuilder::new_vec();
    message.header_mut().set_id(random_id()?);
    message.header_mut().set_rd(recursive);
    let mut message = message.question();
    message.push((name, rtype)).map_err(|_| QueryError::Unreadable)?;
    Ok(message.into_message())
}

/// An id that nobody can guess.
pub(crate) fn random_id() -> Result<u16, QueryError> {
    let mut id = [0; 2];
    getrandom::fill(&mut id).map_err(|why| QueryError::Unreachable(why.to_string()))?;
    Ok(u16::from_be_bytes(id))
}

/// A socket that hears this server only.
fn socket_to(server: SocketAddr) -> io::Result<UdpSocket> {
    let any = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0))?;
    socket.connect(server)?;
    Ok(socket)
}

/// Whether there is a way to a server: nothing is sent.
pub(crate) fn has_route(server: SocketAddr) -> bool {
    socket_to(server).is_ok()
}

fn over_udp(
    server: SocketAddr,
    question: &Message<Vec<u8>>,
    deadline: Instant,
) -> Result<Message<Vec<u8>>, QueryError> {
    let socket = socket_to(server)?;
    let mut buffer = [0; LONGEST_DATAGRAM];
    let again = deadline.checked_sub(PATIENCE).unwrap_or(deadline) + SENT_AGAIN_AFTER;
    for until in [again, deadline] {
        socket.send(question.as_slice())?;
        while let Ok(left) = left(until) {
            socket.set_read_timeout(Some(left))?;
            let length = match socket.recv(&mut buffer) {
                Ok(length) => length,
                Err(why) if matches!(why.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => break,
                Err(why) => return Err(why.into()),
            };
            let heard = buffer.get(..length).unwrap_or_default().to_vec();
            // What is no answer to this question is somebody else's attempt.
            if let Ok(answer) = Message::from_octets(heard)
                && answer.is_answer(question)
            {
                return Ok(answer);
            }
        }
    }
    Err(QueryError::Silent)
}

fn left(deadline: Instant) -> Result<Duration, QueryError> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(QueryError::Silent) } else { Ok(left) }
}

/// One message over TCP, each with its length before it.
///
/// # Errors
/// [`QueryError`]: the message may have left all the same.
pub(crate) fn exchange(mut stream: TcpStream, message: &[u8], deadline: Instant) -> Result<Vec<u8>, QueryError> {
    let length = u16::try_from(message.len()).map_err(|_| QueryError::Unreadable)?;
    stream.set_write_timeout(Some(left(deadline)?))?;
    stream.write_all(&[&length.to_be_bytes()[..], message].concat())?;
    let mut length = [0; 2];
    read_exact(&mut stream, &mut length, deadline)?;
    let mut answer = vec![0; usize::from(u16::from_be_bytes(length))];
    read_exact(&mut stream, &mut answer, deadline)?;
    Ok(answer)
}

/// A server that sends a byte now and then does not get more time for it.
fn read_exact(stream: &mut TcpStream, buffer: &mut [u8], deadline: Instant) -> Result<(), QueryError> {
    let mut rest = buffer;
    while !rest.is_empty() {
        stream.set_read_timeout(Some(left(deadline)?))?;
        match stream.read(rest)? {
            0 => return Err(QueryError::Unreadable),
            read => rest = rest.get_mut(read..).unwrap_or_default(),
        }
    }
    Ok(())
}

type AnyData<'a> = AllRecordData<&'a [u8], ParsedName<&'a [u8]>>;
type AnyRecord<'a> = Record<ParsedName<&'a [u8]>, AnyData<'a>>;

impl Answer {
    /// The records that answer. One that cannot be read is passed over.
    fn records(&self) -> impl Iterator<Item = AnyRecord<'_>> {
        let records = self.0.answer().into_iter().flatten().flatten();
        records.filter(|record| record.class() == Class::IN).filter_map(|record| record.into_any_record().ok())
    }

    fn at<'a>(&'a self, owner: &'a DnsName) -> impl Iterator<Item = AnyData<'a>> {
        self.records().filter(move |record| record.owner() == owner).map(Record::into_data)
    }

    /// The texts at a name, the strings of each joined. Bytes that are no UTF-8 are replaced.
    pub(crate) fn texts(&self, owner: &DnsName) -> Vec<String> {
        let texts = self.at(owner).filter_map(|data| match data {
            AllRecordData::Txt(txt) => Some(txt.text::<Vec<u8>>()),
            _ => None,
        });
        texts.map(|text| String::from_utf8_lossy(&text).into_owned()).collect()
    }

    /// Whose alias a name is.
    pub(crate) fn aliases(&self, owner: &DnsName) -> Vec<DnsName> {
        let targets = self.at(owner).filter_map(|data| match data {
            AllRecordData::Cname(cname) => Some(cname.cname().to_vec()),
            _ => None,
        });
        targets.collect()
    }

    /// The servers of the zone that begins at a name.
    pub(crate) fn servers(&self, zone: &DnsName) -> Vec<DnsName> {
        let servers = self.at(zone).filter_map(|data| match data {
            AllRecordData::Ns(ns) => Some(ns.nsdname().to_vec()),
            _ => None,
        });
        servers.collect()
    }

    /// Whether a zone begins at a name.
    pub(crate) fn is_zone(&self, name: &DnsName) -> bool {
        self.at(name).any(|data| matches!(data, AllRecordData::Soa(_)))
    }

    /// The addresses of the name that was asked for, behind aliases too.
    pub(crate) fn addresses(&self) -> Vec<IpAddr> {
        let addresses = self.records().filter_map(|record| match record.into_data() {
            AllRecordData::A(a) => Some(a.addr().into()),
            AllRecordData::Aaaa(aaaa) => Some(aaaa.addr().into()),
            _ => None,
        });
        addresses.collect()
    }
}
