//! Texts of others, made visible: what a terminal, a log or a reader could take for something else.

use std::borrow::Cow;

/// Whether a character cannot be seen, or changes how what is around it is seen: control characters (C0, DEL, C1), marks for
/// the direction of text (UAX #9), and characters without a width. Line ends and tabs are among them.
///
/// ```
/// use certgate_wire::is_hidden;
/// assert!("\u{1b}\u{7f}\u{9b}\u{200b}\u{202e}\u{feff}\n".chars().all(is_hidden));
/// assert!(!"ü€ 漢".chars().any(is_hidden));
/// ```
pub fn is_hidden(c: char) -> bool {
    // Most of what is written is below all of the others.
    if c < '\u{AD}' {
        return c.is_control();
    }
    matches!(
        c,
        '\u{AD}'
            | '\u{34F}'
            | '\u{61C}'
            | '\u{115F}'
            | '\u{1160}'
            | '\u{17B4}'
            | '\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{3164}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}'
            | '\u{FFFE}'
            | '\u{FFFF}'
            | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

/// The text with every hidden character as its number. Line ends and tabs stay.
///
/// ```
/// assert_eq!(certgate_wire::visible("a\u{9b}31m\n\u{202e}b"), "a<U+009B>31m\n<U+202E>b");
/// ```
pub fn visible(text: &str) -> Cow<'_, str> {
    shown(text, |c| is_hidden(c) && c != '\n' && c != '\t', |_| None)
}

/// The same in one line: a line end starts no line of its own.
///
/// ```
/// assert_eq!(certgate_wire::one_line("no\nok public-key: FORGED\r\n\t!"), "no␊ok public-key: FORGED␍␊ !");
/// ```
pub fn one_line(text: &str) -> Cow<'_, str> {
    shown(text, is_hidden, |c| match c {
        '\n' => Some('␊'),
        '\r' => Some('␍'),
        '\t' => Some(' '),
        _ => None,
    })
}

fn shown(text: &str, is_replaced: impl Fn(char) -> bool, symbol: impl Fn(char) -> Option<char>) -> Cow<'_, str> {
    if !text.chars().any(&is_replaced) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match (is_replaced(c), symbol(c)) {
            (false, _) => shown.push(c),
            (true, Some(symbol)) => shown.push(symbol),
            (true, None) => shown += &format!("<U+{:04X}>", u32::from(c)),
        }
    }
    Cow::Owned(shown)
}
