//! The documented payloads, taken from the text of the vendor's page.

/// Where the page's text stands.
pub(crate) const PAGE: &str = "fixtures/page/reissue-certificate.txt";

/// The page's headings, and the task that each one's samples belong to.
const HEADINGS: &[(&str, &str)] = &[
    ("CertificatePrepareOrder - Example", "certificate-prepare-order"),
    ("Certificate Reissue", "certificate-reissue"),
    ("PollInfo - Example", "poll-info"),
    ("PollConfirm - Example", "poll-confirm"),
    ("Certificate Info - Example", "certificate-info"),
];

/// First line of a sample, its last line, and the protocol.
const SAMPLES: &[(&str, &str, &str)] =
    &[("{", "}", "json"), ("<request>", "</request>", "xml"), ("<response>", "</response>", "xml")];

/// A payload of the page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Payload {
    /// Its file from the repository's root.
    pub(crate) path: String,
    /// Its text, byte for byte.
    pub(crate) text: String,
}

/// The payloads in the order of the page. A sample follows the word `Request` or `Response`; a request line such as
/// `GET /poll` may stand between. What has no sample (`GET /poll` has no body) is left out.
pub(crate) fn payloads(page: &str) -> Vec<Payload> {
    let mut payloads = Vec::new();
    let (mut task, mut side) = (None, None);
    // Only line feeds end a line: the page has no-break spaces and such inside its samples.
    let mut lines = page.split('\n');
    while let Some(line) = lines.next() {
        if let Some((_, of_heading)) = HEADINGS.iter().find(|(heading, _)| *heading == line) {
            (task, side) = (Some(of_heading), None);
        } else if line == "Request" || line == "Response" {
            side = Some(line.to_ascii_lowercase());
        } else if let Some((_, last, protocol)) = SAMPLES.iter().find(|(first, ..)| *first == line)
            && let (Some(task), Some(side)) = (task, side.take())
        {
            let mut text = format!("{line}\n");
            for line in lines.by_ref() {
                text.push_str(line);
                text.push('\n');
                if line == *last {
                    break;
                }
            }
            payloads.push(Payload { path: format!("fixtures/{task}/documented/{side}.{protocol}"), text });
        }
    }
    payloads
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::payloads;

    #[test]
    fn samples_follow_their_heading_and_side() {
        let page = "PollInfo - Example\n\nRequest\nGET /poll\nResponse\n{\n  \"a\": {\n  }\n}\nRequest\n<request>\n\u{a0} <a/>\n</request>\n\
                    text\nCertificate Reissue\n{\n}\nRequest\nPUT /certificate/$id\n{\n}\nResponse\n";
        let found: Vec<_> = payloads(page).into_iter().map(|payload| (payload.path, payload.text)).collect();
        let expected = [
            ("fixtures/poll-info/documented/response.json", "{\n  \"a\": {\n  }\n}\n"),
            ("fixtures/poll-info/documented/request.xml", "<request>\n\u{a0} <a/>\n</request>\n"),
            ("fixtures/certificate-reissue/documented/request.json", "{\n}\n"),
        ];
        assert_eq!(found, expected.map(|(path, text)| (path.to_owned(), text.to_owned())));
    }

    #[test]
    fn nothing_without_a_heading_or_a_side() {
        assert_eq!(payloads("Request\n{\n}\n"), []);
        assert_eq!(payloads("PollInfo - Example\n{\n}\n"), []);
        assert_eq!(payloads(""), []);
    }
}
