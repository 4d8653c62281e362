//! What people write into zone files, in the words of RFC 1035.

use std::{iter::Peekable, str::Chars};

use certgate_domain::to_a_labels;

use crate::Fault;

/// What the next word of a record is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Owner,
    /// TTL and class in either order, then the type.
    TtlClassType,
    Text,
    /// The value of a type other than TXT.
    Value,
}

/// TTLs with units become seconds, names in Unicode A-labels, other characters in quotes `\DDD`; comments go.
///
/// # Errors
/// [`Fault::Unbalanced`], [`Fault::Name`].
pub(crate) fn plain(text: &str) -> Result<String, Fault> {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let (mut field, mut open) = (Field::Owner, 0_usize);
    while let Some(&next) = chars.peek() {
        match next {
            ';' => while chars.next_if(|c| *c != '\n').is_some() {},
            '"' => {
                plain.push_str(&quoted(&mut chars, &['"'])?);
                field = if field == Field::Owner { Field::TtlClassType } else { field };
            }
            // What a word processor or a shell's line makes of quotation marks.
            '“' | '”' | '„' if field == Field::Text => plain.push_str(&quoted(&mut chars, &['“', '”'])?),
            '‘' | '’' | '‚' if field == Field::Text => plain.push_str(&quoted(&mut chars, &['‘', '’'])?),
            '\'' if field == Field::Text => plain.push_str(&quoted(&mut chars, &['\''])?),
            '(' | ')' | '\n' => {
                chars.next();
                plain.push(next);
                match next {
                    '(' => open += 1,
                    ')' => open = open.checked_sub(1).ok_or(Fault::Unbalanced)?,
                    _ if open == 0 => field = Field::Owner,
                    _ => {}
                }
            }
            _ if next.is_whitespace() => {
                chars.next();
                // A line that begins with white space has the owner of the line before.
                if field == Field::Owner && (plain.is_empty() || plain.ends_with('\n')) {
                    field = Field::TtlClassType;
                }
                plain.push(' ');
            }
            _ => {
                let word = word(&mut chars);
                plain.push_str(&in_plain_words(&word, field)?);
                field = after(&word, field);
            }
        }
    }
    if open == 0 { Ok(plain) } else { Err(Fault::Unbalanced) }
}

/// Up to white space, a parenthesis, a comment or a quotation mark.
fn word(chars: &mut Peekable<Chars<'_>>) -> String {
    let mut word = String::new();
    while let Some(next) = chars.next_if(|c| !c.is_whitespace() && !matches!(c, '(' | ')' | ';' | '"')) {
        match next {
            '\\' => push_escape(&mut word, chars),
            _ => word.push(next),
        }
    }
    word
}

/// A string in quotation marks, up to one of those that close it.
fn quoted(chars: &mut Peekable<Chars<'_>>, closing: &[char]) -> Result<String, Fault> {
    chars.next();
    let mut string = String::from('"');
    loop {
        match chars.next().ok_or(Fault::Unbalanced)? {
            end if closing.contains(&end) => break,
            '"' => string.push_str("\\\""),
            '\\' => push_escape(&mut string, chars),
            other => push_octets(&mut string, other),
        }
    }
    string.push('"');
    Ok(string)
}

/// An escape with its character. What needs none and could have none is left to be read as it is.
fn push_escape(string: &mut String, chars: &mut Peekable<Chars<'_>>) {
    if chars.peek().is_none_or(|next| matches!(next, ' '..='~') || next.is_control()) {
        string.push('\\');
        string.extend(chars.next_if(|next| !next.is_control()));
    }
}

/// Printable ASCII as it is, else each byte as `\DDD`.
fn push_octets(string: &mut String, character: char) {
    match character {
        ' '..='~' => string.push(character),
        _ => character.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| string.push_str(&format!("\\{byte:03}"))),
    }
}

fn in_plain_words(word: &str, field: Field) -> Result<String, Fault> {
    let mut string = String::new();
    match field {
        Field::TtlClassType => return Ok(seconds(word).map_or_else(|| word.to_owned(), |seconds| seconds.to_string())),
        Field::Owner | Field::Value => return Ok(to_a_labels(word)?),
        Field::Text => word.chars().for_each(|character| push_octets(&mut string, character)),
    }
    Ok(string)
}

fn after(word: &str, field: Field) -> Field {
    let is_class = || ["IN", "CH", "HS"].iter().any(|class| class.eq_ignore_ascii_case(word));
    match field {
        Field::Owner => Field::TtlClassType,
        Field::TtlClassType if word.starts_with(|c: char| c.is_ascii_digit()) || is_class() => field,
        Field::TtlClassType if word.eq_ignore_ascii_case("TXT") => Field::Text,
        Field::TtlClassType => Field::Value,
        Field::Text | Field::Value => field,
    }
}

/// A TTL with units, such as `1h30m`, in seconds. `None`: it is something else.
fn seconds(word: &str) -> Option<u32> {
    let mut seconds = 0_u32;
    let mut rest = word;
    while !rest.is_empty() {
        let (number, unit) = rest.split_at_checked(rest.find(|c: char| !c.is_ascii_digit())?)?;
        let length = match unit.chars().next()?.to_ascii_lowercase() {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return None,
        };
        seconds = seconds.checked_add(number.parse::<u32>().ok()?.checked_mul(length)?)?;
        rest = unit.get(1..)?;
    }
    (!word.is_empty()).then_some(seconds)
}
