//! Internationalised names as DNS carries them (RFC 5890, RFC 3492).

use std::{fmt, iter};

use unicode_normalization::UnicodeNormalization;

/// Longest label of a DNS name, in bytes (RFC 1035, 2.3.4).
const LONGEST_LABEL: usize = 63;

/// Turns each label of a name that is written in Unicode into its A-label, composed first (NFC). Labels in ASCII stay as they are.
///
/// Compatibility characters, other spellings of letters, are refused, never guessed.
///
/// ```
/// use certgate_domain::to_a_labels;
/// assert_eq!(to_a_labels("www.Bücher.example."), Ok("www.xn--bcher-kva.example.".to_owned()));
/// ```
///
/// # Errors
/// [`NotAnIdn`]: a label holds a character that no such name has, or is too long.
pub fn to_a_labels(name: &str) -> Result<String, NotAnIdn> {
    let labels: Result<Vec<String>, NotAnIdn> = name.split('.').map(to_a_label).collect();
    Ok(labels?.join("."))
}

/// Whether two texts are spellings of one host name.
///
/// ```
/// use certgate_domain::is_same_name;
/// assert!(is_same_name("Bücher.example", "xn--BCHER-kva.example.") && !is_same_name("*.example.com", "www.example.com"));
/// ```
pub fn is_same_name(one: &str, other: &str) -> bool {
    spelled(one) == spelled(other)
}

/// A name without the dot that ends it, which stands for the root.
pub fn without_dot(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// A name in the one spelling that names are compared in.
pub fn spelled(name: &str) -> String {
    let name = without_dot(name);
    to_a_labels(name).map_or_else(|_| name.to_owned(), |name| name.to_ascii_lowercase())
}

/// The spellings that a gateway may keep a name in: A-labels, as most do, then what was given, then U-labels.
///
/// ```
/// use certgate_domain::spellings;
/// assert_eq!(spellings("Bücher.example"), ["xn--bcher-kva.example", "bücher.example"]);
/// ```
pub fn spellings(name: &str) -> Vec<String> {
    let given = without_dot(name).to_lowercase();
    let a_labels = to_a_labels(&given).unwrap_or_else(|_| given.clone());
    let u_labels: Vec<String> = a_labels.split('.').map(to_u_label).collect();
    let mut spellings = vec![a_labels, given, u_labels.join(".")];
    spellings.dedup();
    spellings
}

/// A label in Unicode, where it is an A-label.
fn to_u_label(label: &str) -> String {
    let encoded = label.strip_prefix("xn--").filter(|_| is_a_label(label));
    encoded.and_then(letters).map_or_else(|| label.to_owned(), |letters| letters.into_iter().collect())
}

fn to_a_label(label: &str) -> Result<String, NotAnIdn> {
    if label.is_ascii() {
        return Ok(label.to_owned());
    }
    let letters: Vec<char> = label.nfc().flat_map(char::to_lowercase).nfc().collect();
    if let Some(&letter) = letters.iter().find(|letter| !is_allowed(**letter)) {
        return Err(NotAnIdn::Character { label: label.to_owned(), character: letter });
    }
    match punycode(&letters).map(|encoded| format!("xn--{encoded}")) {
        Some(a_label) if a_label.len() <= LONGEST_LABEL => Ok(a_label),
        _ => Err(NotAnIdn::Length(label.to_owned())),
    }
}

/// Whether a label that begins with `xn--` is one in Unicode: its Punycode can be read, and is as it is written for that.
///
/// ```
/// use certgate_domain::is_a_label;
/// assert!(is_a_label("xn--bcher-kva") && !is_a_label("xn--bcher-kv"));
/// ```
pub fn is_a_label(label: &str) -> bool {
    let label = label.to_ascii_lowercase();
    let encoded = label.strip_prefix("xn--").filter(|_| label.len() <= LONGEST_LABEL);
    let letters = encoded.and_then(letters).filter(|letters| !letters.iter().all(char::is_ascii));
    letters.is_some_and(|letters| punycode(&letters).as_deref() == encoded)
}

/// The letters of Punycode (RFC 3492, 6.2). `None`: it is none.
fn letters(encoded: &str) -> Option<Vec<char>> {
    let (basic, rest) = encoded.rsplit_once('-').unwrap_or(("", encoded));
    let mut letters: Vec<char> = basic.chars().collect();
    let (mut code, mut place, mut bias) = (128_u32, 0_u32, 72);
    let mut digits = rest.chars();
    while !digits.as_str().is_empty() {
        let before = place;
        let mut weight = 1_u32;
        for position in (36_u32..).step_by(36) {
            let digit = (digits.next()?.to_digit(36)? + 26) % 36;
            place = place.checked_add(digit.checked_mul(weight)?)?;
            let least = position.saturating_sub(bias).clamp(1, 26);
            if digit < least {
                break;
            }
            weight = weight.checked_mul(36 - least)?;
        }
        let points = u32::try_from(letters.len()).ok()? + 1;
        bias = adapted(place - before, points, before == 0);
        code = code.checked_add(place / points)?;
        place %= points;
        letters.insert(usize::try_from(place).ok()?, char::from_u32(code)?);
        place += 1;
    }
    Some(letters)
}

/// Letters, ASCII digits and hyphens. What its compatibility form is not, such as a long s or a wide letter, is another spelling of a letter, and
/// no name is registered in it (RFC 5892, 2.2).
fn is_allowed(letter: char) -> bool {
    let is_another_spelling = || !iter::once(letter).nfkc().eq([letter]);
    letter == '-' || letter.is_ascii_digit() || letter.is_alphabetic() && !is_another_spelling()
}

/// Punycode (RFC 3492, 6.3). `None`: its numbers overflow.
fn punycode(letters: &[char]) -> Option<String> {
    let mut encoded: String = letters.iter().filter(|letter| letter.is_ascii()).collect();
    let basic = u32::try_from(encoded.len()).ok()?;
    if basic > 0 {
        encoded.push('-');
    }
    let (mut handled, mut delta, mut bias, mut threshold) = (basic, 0_u32, 72, 128);
    while let Some(next) = letters.iter().map(|letter| u32::from(*letter)).filter(|code| *code >= threshold).min() {
        delta = delta.checked_add((next - threshold).checked_mul(handled + 1)?)?;
        for code in letters.iter().map(|letter| u32::from(*letter)) {
            if code < next {
                delta = delta.checked_add(1)?;
            }
            if code == next {
                push_number(&mut encoded, delta, bias);
                bias = adapted(delta, handled + 1, handled == basic);
                (delta, handled) = (0, handled + 1);
            }
        }
        (delta, threshold) = (delta.checked_add(1)?, next + 1);
    }
    Some(encoded)
}

/// A number of variable length, in base 36.
fn push_number(encoded: &mut String, mut number: u32, bias: u32) {
    for position in (36_u32..).step_by(36) {
        let least = position.saturating_sub(bias).clamp(1, 26);
        if number < least {
            break;
        }
        encoded.push(digit(least + (number - least) % (36 - least)));
        number = (number - least) / (36 - least);
    }
    encoded.push(digit(number));
}

/// `a` to `z`, then `0` to `9`.
fn digit(value: u32) -> char {
    char::from_digit((value + 10) % 36, 36).unwrap_or_default()
}

fn adapted(delta: u32, points: u32, is_first: bool) -> u32 {
    let mut delta = delta / if is_first { 700 } else { 2 };
    delta += delta / points;
    let mut rounds = 0;
    while delta > 455 {
        delta /= 35;
        rounds += 36;
    }
    rounds + 36 * delta / (delta + 38)
}

/// Why a label has no A-label.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotAnIdn {
    /// A character that is no letter, digit or hyphen, or is another spelling of one.
    Character {
        /// The label as it was given.
        label: String,
        /// The character.
        character: char,
    },
    /// The label takes more than 63 bytes.
    Length(String),
}

impl fmt::Display for NotAnIdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Character { label, character } => {
                let code = u32::from(*character);
                write!(
                    f,
                    "label {label:?} holds U+{code:04X}: expected letters, digits and hyphens, or the label as xn--…"
                )
            }
            Self::Length(label) => write!(f, "label {label:?} takes more than {LONGEST_LABEL} bytes"),
        }
    }
}

impl std::error::Error for NotAnIdn {}

#[cfg(test)]
mod tests {
    use super::{NotAnIdn, is_a_label, spellings, to_a_labels};

    /// As the `punycode` codec of another implementation (Python) has them.
    #[test]
    fn names_and_their_a_labels() {
        for (name, expected) in [
            ("www.example.com.", "www.example.com."),
            ("bücher.example", "xn--bcher-kva.example"),
            ("BÜCHER.example", "xn--bcher-kva.example"),
            ("straße.de", "xn--strae-oqa.de"),
            ("faß.de", "xn--fa-hia.de"),
            ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
            ("_dnsauth.пример.рф.", "_dnsauth.xn--e1afmkfd.xn--p1ai."),
            ("πρόσωπο", "xn--0xabadk0bt"),
            ("ünïcödé", "xn--ncd-dma1a7bzb"),
            ("他们为什么不说中文", "xn--ihqwcrb4cv8a8dqg056pqjye"),
            ("لماذا", "xn--mgba0a8ef"),
            ("ééééé", "xn--9caaaaa"),
            ("räksmörgås", "xn--rksmrgs-5wao1o"),
            ("mu\u{308}ller.example", "xn--mller-kva.example"),
            ("MU\u{308}LLER.example", "xn--mller-kva.example"),
            ("", ""),
        ] {
            assert_eq!(to_a_labels(name).as_deref(), Ok(expected), "{name}");
            for label in expected.split('.').filter(|label| label.starts_with("xn--")) {
                assert!(is_a_label(label) && is_a_label(&label.to_ascii_uppercase()), "{label}");
            }
        }
    }

    #[test]
    fn the_spellings_of_one_name() {
        let (a_labels, u_labels) = ("xn--bcher-kva.example", "bücher.example");
        for (name, expected) in [
            ("Example.com.", &["example.com"][..]),
            ("BÜCHER.example", &[a_labels, u_labels]),
            ("XN--Bcher-KVA.example", &[a_labels, u_labels]),
            ("bu\u{308}cher.example", &[a_labels, "bu\u{308}cher.example", u_labels]),
            ("*.xn--bcher-kv.example", &["*.xn--bcher-kv.example"]),
        ] {
            assert_eq!(spellings(name), expected, "{name}");
        }
    }

    #[test]
    fn labels_that_are_no_punycode() {
        // Cut short, numbers that overflow, a code of no character, another digit, no letter, ASCII alone, a hyphen before nothing.
        for label in ["xn--bcher-kv", "xn--99999999", "xn--0000h", "xn--bcher-k_a", "xn--", "xn--abc-", "xn---kva"] {
            assert!(!is_a_label(label), "{label}");
        }
        assert!(!is_a_label(&format!("xn--{}", "a".repeat(60))), "longer than a label");
        assert!(is_a_label("xn--n3h") && !is_a_label("bücher"), "a sign in it is its own registry's affair");
    }

    #[test]
    fn what_is_no_name() {
        for (name, character) in [
            ("exam\u{202e}ple.com", '\u{202e}'),
            ("exam\u{200b}ple.com", '\u{200b}'),
            ("example.com\u{3002}", '\u{3002}'),
            ("bq\u{308}cher.example", '\u{308}'),
            ("\u{17f}.example", '\u{17f}'),
            ("\u{aa}.example", '\u{aa}'),
            ("_bücher.example", '_'),
            ("a b\u{fc}.example", ' '),
            ("ｅxample.com", 'ｅ'),
            ("☃.net", '☃'),
            ("½.net", '½'),
        ] {
            let label = name.split('.').find(|label| !label.is_ascii()).unwrap().to_owned();
            assert_eq!(to_a_labels(name), Err(NotAnIdn::Character { label, character }), "{name:?}");
        }
        let long = "ü".repeat(80);
        assert_eq!(to_a_labels(&long), Err(NotAnIdn::Length(long)));
        let text = to_a_labels("exam\u{202e}ple.com").unwrap_err().to_string();
        assert!(text.contains("U+202E") && !text.contains('\u{202e}'), "{text}");
    }
}
