//! What is refused, where, and in which words.

use certgate_domain::TaskKind;
use certgate_json::{JsonCodec, text::decode_text};
use certgate_wire::{Codec, Limits, Reply};
use pretty_assertions::assert_eq;

fn refused(body: &[u8]) -> String {
    refused_as(TaskKind::CertificateInfo, JsonCodec::default(), body)
}

fn refused_as(kind: TaskKind, codec: JsonCodec, body: &[u8]) -> String {
    match codec.decode_response(kind, &Reply::of(body)) {
        Ok(decoded) => format!("accepted: {decoded:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn bytes_that_are_no_json() {
    for (body, expected) in [
        (&b""[..], "1:1: body: found nothing, expected a JSON object"),
        (b" \n ", "2:2: body: found nothing, expected a JSON object"),
        (b"\xEF\xBB\xBF", "1:1: body: found nothing, expected a JSON object"),
        (b"<!DOCTYPE html><p>", "1:1: body: found HTML, perhaps from a proxy, expected a JSON object"),
        (b"\n<HTML>", "2:1: body: found HTML, perhaps from a proxy, expected a JSON object"),
        (b"<response/>", "1:1: body: found XML, expected a JSON object"),
        (b"Bad gateway", "1:1: body: found `B`, expected a JSON object"),
        (b"[{}]", "1:1: body: found a list, expected a JSON object"),
        (b" \"x\"", "1:2: body: found a text, expected a JSON object"),
        (b"-1", "1:1: body: found a number, expected a JSON object"),
        (b"{} {}", "1:4: body: found `{`, expected nothing after the object"),
        (b"{}\x00", "1:3: body: found `<U+0000>`, expected nothing after the object"),
        (b"{\"stid\":\"a\"", "1:12: body: found the end of the text, expected `,` or `}`"),
        (b"{\"stid\":\"a", "1:11: stid: found the end of the text, expected the closing quote of a text"),
        (b"{\"stid\":\"a\\", "1:12: stid: found the end of the text, expected the closing quote of a text"),
        (b"{\"stid\":\"a\\u00", "1:15: stid: found the end of the text, expected the closing quote of a text"),
        (b"{\"stid\":tr", "1:11: stid: found the end of the text, expected a value"),
        (b"{\"stid\":", "1:9: stid: found the end of the text, expected a value"),
        (b"{\"stid\"", "1:8: body: found the end of the text, expected `:`"),
        (b"{\"data\":[{},", "1:13: data: found the end of the text, expected a value"),
        (b"{\"stid\":\"a\",}", "1:13: body: found `}`, expected a field in quotes"),
        (b"{\"data\":[1,]}", "1:12: data[1]: found `]`, expected a value"),
        (b"{stid:1}", "1:2: body: found `s`, expected a field in quotes or `}`"),
        (b"{\"data\":[1 2]}", "1:12: data: found `2`, expected `,` or `]`"),
        (b"{\"a\":01}", "1:6: a: found a leading zero, expected a number without one"),
        (b"{\"a\":-x}", "1:7: a: found `x`, expected a digit"),
        (b"{\"a\":1.}", "1:8: a: found `}`, expected a digit"),
        (b"{\"a\":1e+}", "1:9: a: found `}`, expected a digit"),
        (b"{\"a\":NaN}", "1:6: a: found `N`, expected a value"),
        (b"{\"a\":nul}", "1:6: a: found `n`, expected a value"),
        (b"{\"a\":'x'}", "1:6: a: found `'`, expected a value"),
        (
            b"{\"data\":[{\"a\":\"x\\q\"}]}",
            "1:17: data[0].a: found `\\q`, expected an escape such as `\\n` or `\\u00fc`",
        ),
        (b"{\"a\":\"\xC3\xBC\xFF\"}", "1:8: body: found byte 0xFF, expected UTF-8"),
        (b"\xFF\xFE{\0}\0", "1:1: body: found UTF-16, expected UTF-8"),
        (b"{\0}\0", "1:1: body: found UTF-16, expected UTF-8"),
        (b"\0\0\0{\0\0\0}", "1:1: body: found UTF-32, expected UTF-8"),
        (b"{\"a\":\"\xC3", "1:7: body: found the end of the text, expected UTF-8"),
    ] {
        assert_eq!(refused(body), expected, "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn characters_that_no_text_may_hold() {
    for (body, expected) in [
        (
            "{\n \"a\":\"ü\u{1b}\"}",
            "2:8: a: found the control character U+001B, expected a text without control characters",
        ),
        ("{\"a\":\"x\ny\"}", "1:8: a: found the control character U+000A, expected a text without control characters"),
        (
            r#"{"a":"ü\u0000"}"#,
            "1:8: a: found the control character U+0000, expected a text without control characters",
        ),
        (r#"{"a":"\u001B"}"#, "1:7: a: found the control character U+001B, expected a text without control characters"),
        (r#"{"a":"\b"}"#, "1:7: a: found the control character U+0008, expected a text without control characters"),
        (
            r#"{"\u0000":1}"#,
            "1:3: body: found the control character U+0000, expected a text without control characters",
        ),
        (r#"{"a":"\ud800"}"#, "1:7: a: found half of a surrogate pair, expected a whole character"),
        (r#"{"a":"\ud800\u0041"}"#, "1:7: a: found half of a surrogate pair, expected a whole character"),
        (r#"{"a":"\udc00\ud800"}"#, "1:7: a: found half of a surrogate pair, expected a whole character"),
        (r#"{"a":"\ud800x"}"#, "1:7: a: found half of a surrogate pair, expected a whole character"),
        (r#"{"a":"\u00g0"}"#, "1:7: a: found `\\u`, expected an escape such as `\\n` or `\\u00fc`"),
    ] {
        assert_eq!(refused(body.as_bytes()), expected, "{body}");
    }
}

#[test]
fn answers_that_are_none() {
    for (body, expected) in [
        ("{}", "1:1: body: found nothing, expected an answer with its `status`"),
        (r#"{"message":"no"}"#, "1:1: body: found only `message`, expected an answer with its `status`"),
        (r#"{"status":{}}"#, "1:1: body: found only `status`, expected an answer with its `status`"),
        (r#"{"status":"S400104"}"#, "1:2: status: found a text, expected an object"),
        (
            r#"{"status":{"text":"fine"}}"#,
            "1:2: status: found neither code nor type, expected a code such as `S400104`, or a type such as `SUCCESS`",
        ),
        (
            r#"{"status":{"code":"X1","type":"banana"}}"#,
            "1:2: status: found `X1`, `banana`, expected a code such as `S400104`, or a type such as `SUCCESS`",
        ),
        (
            r#"{"object":{"type":"a"},"status":{"code":"S1","object":{"type":"b"}}}"#,
            "1:46: status.object: found a second object, expected one object",
        ),
    ] {
        assert_eq!(refused(body.as_bytes()), expected, "{body}");
    }
}

#[test]
fn fields_of_a_wrong_shape() {
    for (field, expected) in [
        (r#""id":"abc""#, "3:4: data[0].id: found `abc`, expected a whole number"),
        (r#""id":1.5"#, "3:4: data[0].id: found `1.5`, expected a whole number"),
        (r#""id":true"#, "3:4: data[0].id: found `true`, expected a whole number"),
        (r#""id":9223372036854775808"#, "3:4: data[0].id: found `9223372036854775808`, expected a whole number"),
        (r#""id":[1]"#, "3:4: data[0].id: found a list, expected a whole number"),
        (r#""name":{"a":1}"#, "3:4: data[0].name: found an object, expected a text"),
        (r#""password":["s3cret"]"#, "3:4: data[0].password: found a list, expected a text"),
        (r#""software":[1]"#, "3:4: data[0].software: found a list, expected a word"),
        (r#""created":[1]"#, "3:4: data[0].created: found a list, expected a moment"),
        (r#""hasCsr":[1]"#, "3:4: data[0].hasCsr: found a list, expected true or false"),
        (r#""lifetime":12"#, "3:4: data[0].lifetime: found a number, expected an object"),
        (r#""owner":"me""#, "3:4: data[0].owner: found a text, expected an object"),
        (r#""histories":[{"orderId":"1"},"x"]"#, "3:33: data[0].histories[1]: found a text, expected an object"),
        (
            r#""adminContact":{"address":[{"a":1}]}"#,
            "3:31: data[0].adminContact.address[0]: found an object, expected a text",
        ),
        (r#""id":1,"id":1"#, "3:11: data[0].id: found a second `id`, expected each field once"),
        (r#""x":1,"\u0078":1"#, "3:10: data[0].x: found a second `x`, expected each field once"),
        (
            r#""lifeTime":{"period":1},"lifetime":{"period":1}"#,
            "3:4: data[0].lifeTime: found a second `lifetime`, expected each field once",
        ),
        (
            r#""adminContact":{"fname":"a","first":"a"}"#,
            "3:32: data[0].adminContact.first: found a second `fname`, expected each field once",
        ),
    ] {
        let body = format!("{{\"status\":{{\"code\":\"S400104\"}},\n\"data\":[\n  {{{field}}}]}}");
        assert_eq!(refused(body.as_bytes()), expected, "{field}");
    }
}

#[test]
fn more_than_the_limits() {
    let nested = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
    let body = nested(33);
    assert_eq!(
        refused(body.as_bytes()),
        format!("1:37: a{}: found more than 32 levels, expected less nesting", "[0]".repeat(31))
    );
    assert!(refused(nested(32).as_bytes()).contains("expected an answer with its `status`"));

    let codec = JsonCodec::default().with_limits(Limits { body: 10, depth: 1000 });
    assert_eq!(
        refused_as(TaskKind::Hello, codec, b"{\"stid\":\"\"}"),
        "1:11: body: found 11 bytes, expected at most 10 bytes"
    );
    let codec = JsonCodec::default().with_limits(Limits { body: usize::MAX, depth: usize::MAX });
    assert!(refused_as(TaskKind::Hello, codec, nested(100_000).as_bytes()).contains("found more than 128 levels"));

    let many = format!("{{\"a\":[{}1]}}", "1,".repeat(20_000));
    assert!(refused(many.as_bytes()).contains("found more than 6596 values"), "{}", refused(many.as_bytes()));
    let wide: String = (0..400).map(|n| format!("\"{n}\":1,")).collect();
    let twice = refused(format!("{{{wide}\"7\":1}}").as_bytes());
    assert!(twice.ends_with("7: found a second `7`, expected each field once"), "{twice}");
}

#[test]
fn requests_that_are_none() {
    use TaskKind::{CertificateInfo, CertificatePrepareOrder, CertificateReissue, PollConfirm};
    for (expected, text, refusal) in [
        (None, "{}", "1:1: request: found a body without method and path: the task cannot be told, expected"),
        (None, "", "1:1: request: found a body without method and path"),
        (None, "get me", "1:1: request: found a body without method and path"),
        (Some(CertificateInfo), "get me", "1:1: body: found `g`, expected a JSON object"),
        (None, "\n get /hello", "2:2: request.method: found `get`, expected one of GET, POST, PUT, PATCH, DELETE"),
        (Some(CertificateInfo), "HEAD /x", "1:1: request.method: found `HEAD`, expected one of GET"),
        (Some(CertificateInfo), "GET /hello", "1:5: request: found hello, expected certificate-info"),
        (
            None,
            "\n\nGET\n",
            "3:1: request: found `GET` without a path, or with more than that, expected a line such as",
        ),
        (None, "GET hello", "1:1: request: found `GET` without a path"),
        (None, "GET https://me:secret@host/hello", "1:1: request: found `GET` without a path"),
        (None, "GET /hello now", "1:1: request: found `GET` without a path"),
        (None, "GET  /nothing", "1:6: request: found `GET /nothing`, expected a route of this API"),
        (None, "GET /job/x", "1:5: request.path: found `x`, expected a whole number as id"),
        (None, "GET /job/9223372036854775808", "1:5: request.path: found `9223372036854775808`, expected a whole"),
        (None, "GET /hello\nsecret\n", "2:1: request.header: found a line without `:`, expected"),
        (
            None,
            "\u{feff}PUT /certificate/1?ctid=a&keys=b&ctid=c\n\n{}",
            "1:34: query.ctid: found a second value, expected each option once",
        ),
        (
            None,
            "PUT /poll/1?ctid=a\nA: b\nX-Domainrobot-Ctid: a\n",
            "3:1: header.x-domainrobot-ctid: found a second value, expected each header once",
        ),
        (None, "POST /login?timeout=x\n\n{}", "1:13: query.timeout: found `x`, expected a whole number"),
        (None, "POST /certificate/_prepareOrder\n", "2:1: body: found nothing, expected a JSON object"),
        (
            None,
            "PUT /certificate/571\r\nA: b\r\n\r\n{\r\n \"id\":572}",
            "5:2: id: found `572`, expected `571` as in the path",
        ),
        (None, "\u{feff}GET /certificate/571\n\n{\n\n\"id\":\"x\"}", "5:1: id: found `x`, expected a whole number"),
        (Some(PollConfirm), "{\"id\":[]", "1:9: body: found the end of the text, expected `,` or `}`"),
        (Some(CertificateReissue), "", "1:1: body: found nothing, expected a JSON object"),
        (Some(CertificatePrepareOrder), "\n{\"keySize\":\"x\"}", "2:2: keySize: found `x`, expected a whole number"),
    ] {
        let error = decode_text(&JsonCodec::default(), expected, text.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with(refusal), "{text:?}: {error}");
    }
    for name in ["Authorization", "X-Domainrobot-Context", "X-Domainrobot-Owner-User", "x-domainrobot-owner-context"] {
        let text = format!("GET /hello\n{name}: s3cret\n{name}:\n{}: s3cret\n", name.to_ascii_uppercase());
        let error = decode_text(&JsonCodec::default(), None, text.as_bytes()).unwrap_err().to_string();
        let path = name.to_ascii_lowercase();
        assert_eq!(error, format!("4:1: header.{path}: found a second value, expected each header once"));
    }
    let error = decode_text(&JsonCodec::default(), None, b"GET /h\xFF\n").unwrap_err().to_string();
    assert_eq!(error, "1:7: request: found byte 0xFF, expected UTF-8");
}
