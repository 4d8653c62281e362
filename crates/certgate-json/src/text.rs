//! The printed form of a request: `METHOD /path`, headers if any, a blank line, the body if any.

use certgate_domain::{Call, TaskKind};
use certgate_wire::{Body, DecodeError, Decoded, Header, Method, Request, excerpt};
use serde_json::Value;

use crate::{JsonCodec, header, source::Source};

/// Writes a request for people and files. Of its headers only those are written that name a subuser or a demo, never credentials.
///
/// ```
/// use certgate_wire::{Method, Request};
/// let request = Request { method: Method::Get, target: "/hello".to_owned(), headers: vec![], body: Vec::new().into() };
/// assert_eq!(certgate_json::text::write(&request), "GET /hello\n\n");
/// ```
pub fn write(request: &Request) -> String {
    let mut text = format!("{} {}\n", request.method, request.target);
    for name in [header::OWNER_USER, header::OWNER_CONTEXT, header::DEMO] {
        if let Some(value) = request.header(name) {
            text.push_str(&format!("{name}: {value}\n"));
        }
    }
    text.push('\n');
    if !request.body.is_empty() {
        let value = serde_json::from_slice::<Value>(&request.body);
        match value.and_then(|value| serde_json::to_string_pretty(&value)) {
            Ok(pretty) => text.push_str(&pretty),
            Err(_) => text.push_str(&String::from_utf8_lossy(&request.body)),
        }
        text.push('\n');
    }
    text
}

/// Writes a request with the exact bytes of its body, as they are sent, and without credentials.
pub fn write_as_sent(request: &Request) -> Vec<u8> {
    let bare = Request { body: Body::default(), ..request.clone() };
    let mut bytes = write(&bare).into_bytes();
    bytes.extend_from_slice(&request.body);
    bytes
}

/// Reads the printed form. A text that does not start with a method is taken as a body alone: a request without a target.
///
/// # Errors
/// The lines before the body are not those of a request.
pub fn read(text: &[u8]) -> Result<Request, DecodeError> {
    let Head { request, start, .. } = head(text)?;
    Ok(Request { body: Body(text.get(start..).unwrap_or_default().to_vec()), ..request })
}

/// Decodes the printed form. Positions refer to the whole text.
///
/// # Errors
/// The text is not a request of the JSON API, or not of the expected kind.
pub fn decode_text(codec: &JsonCodec, expected: Option<TaskKind>, text: &[u8]) -> Result<Decoded<Call>, DecodeError> {
    let Head { request, start, target, headers } = head(text)?;
    codec.call(expected, &request, Source { whole: text, start, target, headers: &headers })
}

/// Decodes several requests in their printed form, each on its own. Positions refer to the whole text. A line with a method and a path
/// starts the next request; no line of JSON looks like that.
///
/// ```
/// use certgate_json::{JsonCodec, text::decode_texts};
/// let read = decode_texts(&JsonCodec::default(), None, b"GET /poll\n\nGET /nowhere\n");
/// assert!(matches!(&*read, [Ok(_), Err(refusal)] if refusal.to_string().starts_with("3:5: ")));
/// ```
pub fn decode_texts(
    codec: &JsonCodec,
    expected: Option<TaskKind>,
    text: &[u8],
) -> Vec<Result<Decoded<Call>, DecodeError>> {
    let decode = |(lines, part)| match decode_text(codec, expected, part) {
        Ok(mut decoded) => {
            for place in decoded.findings.iter_mut().filter_map(|finding| finding.place.as_mut()) {
                place.line += lines;
            }
            Ok(decoded)
        }
        Err(mut refusal) => {
            if let Some(place) = &mut refusal.place {
                place.line += lines;
            }
            Err(refusal)
        }
    };
    parts(text).into_iter().map(decode).collect()
}

/// Splits a text into its requests, each with the number of lines before it. Text before the first request line is a part of its own,
/// unless it is blank.
fn parts(text: &[u8]) -> Vec<(usize, &[u8])> {
    let mut starts = Vec::new();
    let mut at = 0;
    for (lines, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        if starts_request(line) {
            starts.push((lines, at));
        }
        at += line.len();
    }
    let before = text.get(..starts.first().map_or(text.len(), |(_, at)| *at)).unwrap_or_default();
    if starts.is_empty() || !before.trim_ascii().is_empty() {
        starts.insert(0, (0, 0));
    }
    let ends = starts.iter().skip(1).map(|(_, at)| *at).chain([text.len()]);
    starts.iter().zip(ends).map(|((lines, start), end)| (*lines, text.get(*start..end).unwrap_or_default())).collect()
}

fn starts_request(line: &[u8]) -> bool {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
    let asks =
        |method: &Method| line.strip_prefix(method.as_str().as_bytes()).is_some_and(|rest| rest.starts_with(b" /"));
    Method::ALL.iter().any(asks)
}

/// A request without its body, and the offsets of body, target and headers.
struct Head {
    request: Request,
    start: usize,
    target: Option<usize>,
    headers: Vec<usize>,
}

fn head(text: &[u8]) -> Result<Head, DecodeError> {
    let blanks = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text).trim_ascii_start();
    let mut at = text.len() - blanks.len();
    let (line, mut next) = line(text, at)?;
    let (word, rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
    let Some(method) = Method::by_name(word) else {
        if rest.trim_start().starts_with('/') {
            let known = Method::ALL.map(Method::as_str).join(", ");
            return Err(DecodeError::new("request.method", excerpt(word), format!("one of {known}")).at(text, at));
        }
        let request =
            Request { method: Method::Post, target: String::new(), headers: Vec::new(), body: Body::default() };
        return Ok(Head { request, start: 0, target: None, headers: Vec::new() });
    };
    let mut words = rest.split_ascii_whitespace();
    let target = words.next().filter(|target| target.starts_with('/')).unwrap_or_default();
    let after = words.next().unwrap_or("HTTP/1.1");
    if target.is_empty() || !after.starts_with("HTTP/") || words.next().is_some() {
        // The rest is not shown: an address may hold credentials.
        let found = format!("{} without a path, or with more than that", excerpt(word));
        return Err(DecodeError::new("request", found, "a line such as `GET /certificate/{id}`").at(text, at));
    }
    let target_at = at + line.find('/').unwrap_or_default();
    let (mut headers, mut places) = (Vec::new(), Vec::new());
    loop {
        at = next;
        let (line, after) = self::line(text, at)?;
        if line.trim().is_empty() {
            next = after;
            break;
        }
        // Somebody forgot the blank line.
        if line.trim_start().starts_with('{') {
            break;
        }
        let Some((name, value)) = line.split_once(':') else {
            // Not shown: it may belong to a secret.
            return Err(
                DecodeError::new("request.header", "a line without `:`", "a header or a blank line").at(text, at)
            );
        };
        let (name, value) = (name.trim(), value.trim());
        let is_secret = ["authorization", "cookie", "x-domainrobot-sessionid", "x-domainrobot-2fa-token"]
            .iter()
            .any(|secret| name.eq_ignore_ascii_case(secret));
        places.push(at);
        headers.push(if is_secret { Header::secret(name, value) } else { Header::plain(name, value) });
        next = after;
    }
    let request = Request { method, target: target.to_owned(), headers, body: Body::default() };
    Ok(Head { request, start: next, target: Some(target_at), headers: places })
}

/// The line that starts at a byte, and the start of the next one.
fn line(text: &[u8], start: usize) -> Result<(&str, usize), DecodeError> {
    let rest = text.get(start..).unwrap_or_default();
    let (line, length) = match rest.iter().position(|byte| *byte == b'\n') {
        Some(length) => (rest.get(..length).unwrap_or_default(), length + 1),
        None => (rest, rest.len()),
    };
    match std::str::from_utf8(line) {
        Ok(line) => Ok((line.strip_suffix('\r').unwrap_or(line), start + length)),
        Err(error) => {
            let at = start + error.valid_up_to();
            let found = text.get(at).map_or_else(String::new, |byte| format!("byte 0x{byte:02X}"));
            Err(DecodeError::new("request", found, "UTF-8").at(text, at))
        }
    }
}
