//! Several requests in one file: the tasks of an XML request, requests of the JSON API one after the other.

use certgate_wire::Method;

use certgate_domain::Protocol;

/// Each request by itself, at its place in the whole: what stands before it is blank.
pub(crate) fn apart(bytes: &[u8], protocol: Protocol) -> Vec<Vec<u8>> {
    let parts = match (std::str::from_utf8(bytes), protocol) {
        (Ok(text), Protocol::Json) => requests(text),
        (Ok(text), Protocol::Xml) => tasks(text),
        (Err(_), _) => Vec::new(),
    };
    if parts.len() < 2 { vec![bytes.to_vec()] } else { parts.into_iter().map(String::into_bytes).collect() }
}

/// A line that asks for something starts a request: no line of JSON looks like it.
fn requests(text: &str) -> Vec<String> {
    let asks = |line: &str| {
        let (word, rest) = line.trim_start_matches('\u{feff}').split_once(' ').unwrap_or_default();
        Method::by_name(word).is_some() && rest.starts_with('/')
    };
    let mut parts: Vec<String> = Vec::new();
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if asks(line) {
            parts.push("\n".repeat(number));
        }
        if let Some(part) = parts.last_mut() {
            part.push_str(line);
        }
    }
    parts
}

fn tasks(text: &str) -> Vec<String> {
    const END: &str = "</task>";
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("<task>")
        && let Some(length) = rest.get(start..).and_then(|task| task.find(END))
    {
        let (before, task) = rest.split_at(start);
        let (task, after) = task.split_at(length + END.len());
        pieces.push((before, task));
        rest = after;
    }
    let blank = |task: &str| task.chars().map(|c| if c == '\n' { c } else { ' ' }).collect::<String>();
    let part = |kept: usize| {
        let shown = |(at, (before, task)): (usize, &(&str, &str))| {
            format!("{before}{}", if at == kept { (*task).to_owned() } else { blank(task) })
        };
        pieces.iter().enumerate().map(shown).collect::<String>() + rest
    };
    (0..pieces.len()).map(part).collect()
}

/// XML requests as one with several tasks, where nothing but their tasks differs.
pub(crate) fn together(requests: Vec<String>) -> Vec<String> {
    let around = |text: &'_ str| -> Option<(usize, usize)> { Some((text.find("<task>")?, text.rfind("</request>")?)) };
    let parts: Option<Vec<(&str, &str, &str)>> = requests
        .iter()
        .map(|text| {
            let (start, end) = around(text)?;
            Some((text.get(..start)?, text.get(start..end)?, text.get(end..)?))
        })
        .collect();
    match parts.as_deref() {
        Some([(head, _, foot), others @ ..]) if others.iter().all(|(h, _, f)| (h, f) == (head, foot)) => {
            let tasks: String = parts.iter().flatten().map(|(_, tasks, _)| *tasks).collect();
            vec![format!("{head}{tasks}{foot}")]
        }
        _ => requests,
    }
}

#[cfg(test)]
mod tests {
    use super::{apart, together};
    use certgate_domain::Protocol;

    #[test]
    fn apart_and_at_their_places() {
        let shown = |text: &str, protocol| -> Vec<String> {
            apart(text.as_bytes(), protocol).into_iter().map(|part| String::from_utf8(part).unwrap()).collect()
        };
        for (text, expected) in [
            (
                "GET /poll\n\nPUT /certificate/1\n\n{\n\"a\":\"GET /x\"}\n",
                vec!["GET /poll\n\n", "\n\nPUT /certificate/1\n\n{\n\"a\":\"GET /x\"}\n"],
            ),
            ("{\"a\":1}\n", vec!["{\"a\":1}\n"]),
        ] {
            assert_eq!(shown(text, Protocol::Json), expected);
        }
        for (text, expected) in [
            (
                "<r><task>ü\n</task><t/><task>b</task></r>",
                vec!["<r><task>ü\n</task><t/>              </r>", "<r>       \n       <t/><task>b</task></r>"],
            ),
            ("<r><task>a</task></r>", vec!["<r><task>a</task></r>"]),
            ("<r><task>a</r>", vec!["<r><task>a</r>"]),
        ] {
            assert_eq!(shown(text, Protocol::Xml), expected);
        }
    }

    #[test]
    fn together_where_the_rest_is_the_same() {
        let request = |owner: &str, task: &str| format!("<request>{owner}<task>{task}</task></request>");
        assert_eq!(
            together(vec![request("o", "a"), request("o", "b")]),
            ["<request>o<task>a</task><task>b</task></request>"]
        );
        let differ = vec![request("o", "a"), request("p", "b")];
        assert_eq!(together(differ.clone()), differ);
    }
}
