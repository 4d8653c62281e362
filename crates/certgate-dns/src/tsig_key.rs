//! TSIG keys, and the files that BIND's tools keep them in.

use std::{iter::Peekable, str::Chars};

use base64::{Engine, engine::general_purpose::STANDARD};
use certgate_domain::Secret;

use crate::{DnsName, tsig::Algorithm};

/// A TSIG key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TsigKey {
    pub(crate) name: DnsName,
    pub(crate) algorithm: Algorithm,
    /// In Base64.
    secret: Secret,
}

/// Why a file is not used as a TSIG key. It shows nothing of the secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TsigKeyError {
    /// There is none.
    #[error("no key is in it; {EXPECTED}")]
    Missing,
    /// There are several, and which one to sign with is not said.
    #[error("{} keys: give one (found {})", if .0.len() == 2 { "two" } else { "several" }, .0.join(", "))]
    Several(Vec<String>),
    /// Something else than a key. What it is may be a secret.
    #[error("line {line}: `{expected}` is not there; {EXPECTED}")]
    Syntax {
        /// In which line, from 1.
        line: usize,
        /// What was expected there.
        expected: &'static str,
    },
    /// A part of the key is not there.
    #[error("there is no {0}; {EXPECTED}")]
    Incomplete(&'static str),
    /// A name that is none. It may be a secret that was put there.
    #[error("what stands as the key's name is no name; expected one such as a host has")]
    Name,
    /// An algorithm that is not known, or should not be used any more; or a secret that was put there.
    #[error("its algorithm is none of {known}", known = Algorithm::ALL.map(Algorithm::name).join(", "))]
    Algorithm,
    /// The secret is not Base64, or nothing.
    #[error("its secret is empty or not Base64")]
    Secret,
}

const EXPECTED: &str =
    "expected a file as tsig-keygen writes it: key \"name\" { algorithm hmac-sha256; secret \"…\"; };";

impl TsigKey {
    /// Reads a key as `tsig-keygen` writes it and BIND takes it: with comments of any of its three forms, keywords in capitals, blanks
    /// in the Base64.
    ///
    /// ```
    /// use certgate_dns::{TsigKey, TsigKeyError};
    /// let text = "# for example.com\nkey \"certgate\" { algorithm hmac-sha256; secret \"c2VjcmV0\"; };";
    /// assert!(TsigKey::from_text(text).is_ok());
    /// let two = TsigKey::from_text(&text.repeat(2)).unwrap_err();
    /// assert_eq!(two, TsigKeyError::Several(vec!["certgate".into(), "certgate".into()]));
    /// ```
    ///
    /// # Errors
    /// [`TsigKeyError`]; it shows nothing of the secret.
    pub fn from_text(text: &str) -> Result<Self, TsigKeyError> {
        let mut words = Words { chars: text.chars().peekable(), line: 1 };
        let mut keys = Vec::new();
        while let Some(word) = words.next() {
            match word.to_ascii_lowercase().as_str() {
                "key" => keys.push(Statement::read(&mut words)?),
                ";" => {}
                _ => return Err(words.unlike("key")),
            }
        }
        let mut names: Vec<String> = keys.iter().map(|key| key.name.clone()).collect();
        match (keys.pop(), keys.is_empty()) {
            (Some(key), true) => key.try_into(),
            (None, _) => Err(TsigKeyError::Missing),
            _ => Err(TsigKeyError::Several(std::mem::take(&mut names))),
        }
    }

    /// The bytes to sign with.
    pub(crate) fn secret(&self) -> Vec<u8> {
        STANDARD.decode(self.secret.expose()).unwrap_or_default()
    }
}

/// One `key` statement, its values not judged.
struct Statement {
    name: String,
    algorithm: Option<String>,
    secret: Option<Secret>,
}

impl Statement {
    fn read(words: &mut Words<'_>) -> Result<Self, TsigKeyError> {
        let name = words.next().ok_or(TsigKeyError::Incomplete("name"))?;
        words.expect("{")?;
        let mut key = Self { name, algorithm: None, secret: None };
        loop {
            let word = words.next().unwrap_or_default();
            match word.to_ascii_lowercase().as_str() {
                "}" => return Ok(key),
                "algorithm" => key.algorithm = words.next(),
                "secret" => {
                    key.secret = words.next().map(|word| Secret::new(word.split_whitespace().collect::<String>()))
                }
                _ => return Err(words.unlike("algorithm, secret or }")),
            }
            words.expect(";")?;
        }
    }
}

impl TryFrom<Statement> for TsigKey {
    type Error = TsigKeyError;

    fn try_from(key: Statement) -> Result<Self, TsigKeyError> {
        let algorithm = key.algorithm.ok_or(TsigKeyError::Incomplete("algorithm"))?;
        let secret = key.secret.ok_or(TsigKeyError::Incomplete("secret"))?;
        let known =
            Algorithm::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(algorithm.trim_end_matches('.')));
        let is_base64 = STANDARD.decode(secret.expose()).is_ok_and(|secret| !secret.is_empty());
        Ok(Self {
            name: DnsName::vec_from_str(&key.name).map_err(|_| TsigKeyError::Name)?,
            algorithm: known.ok_or(TsigKeyError::Algorithm)?,
            secret: if is_base64 { secret } else { return Err(TsigKeyError::Secret) },
        })
    }
}

/// Words, strings without their quotation marks, and `{ } ;`. Comments are passed over.
struct Words<'a> {
    chars: Peekable<Chars<'a>>,
    /// The line of the word that came last.
    line: usize,
}

impl Words<'_> {
    fn expect(&mut self, expected: &'static str) -> Result<(), TsigKeyError> {
        match self.next() {
            Some(found) if found == expected => Ok(()),
            _ => Err(self.unlike(expected)),
        }
    }

    fn unlike(&self, expected: &'static str) -> TsigKeyError {
        TsigKeyError::Syntax { line: self.line, expected }
    }

    fn skip_line(&mut self) {
        while self.chars.next_if(|c| *c != '\n').is_some() {}
    }

    fn skip_block(&mut self) {
        let mut before = ' ';
        for next in self.chars.by_ref() {
            self.line += usize::from(next == '\n');
            if (before, next) == ('*', '/') {
                break;
            }
            before = next;
        }
    }
}

impl Iterator for Words<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        loop {
            let first = self.chars.next()?;
            match first {
                '#' => self.skip_line(),
                '/' if self.chars.next_if_eq(&'/').is_some() => self.skip_line(),
                '/' if self.chars.next_if_eq(&'*').is_some() => self.skip_block(),
                '{' | '}' | ';' => return Some(first.to_string()),
                '"' => return Some(self.chars.by_ref().take_while(|c| *c != '"').collect()),
                _ if first.is_whitespace() || first == '\u{feff}' => self.line += usize::from(first == '\n'),
                _ => {
                    let mut word = String::from(first);
                    while let Some(next) =
                        self.chars.next_if(|c| !c.is_whitespace() && !matches!(c, '{' | '}' | ';' | '"' | '#'))
                    {
                        word.push(next);
                    }
                    return Some(word);
                }
            }
        }
    }
}
