//! The key that an order is made with.

use std::{
    fs,
    path::{Path, PathBuf},
};

use certgate::{Client, Installation, process};
use certgate_domain::{Certificate, Secret, task::CertificateInfo};
use certgate_flow::Purpose;
use certgate_keys::{KeyType, PrivateKey, Subject};
use certgate_x509::CertificateRequest;
use clap::Args;

use crate::{command::order::id, exit::Failure, folders::like, password::first_line, profile::refuse_if_others_read};

/// The key that an order is made with, where no CSR is given.
#[derive(Debug, Args)]
pub(crate) struct Keys {
    /// Make a new key and the CSR with it; the key comes into --out with its certificate
    #[arg(long, conflicts_with = "csr", requires = "out")]
    new_key: bool,
    /// The new key's kind: p256, p384, rsa2048, rsa3072, rsa4096 [default: p256]
    #[arg(long, value_name = "KIND", value_parser = key_type, requires = "new_key")]
    key_type: Option<KeyType>,
    /// The new key's kind where none is asked for.
    #[arg(skip)]
    otherwise: KeyType,
    /// Make the CSR with this key, PEM or DER (PKCS#8, PKCS#1, SEC1)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["csr", "new_key"], requires = "out")]
    key: Option<PathBuf>,
    #[command(flatten)]
    pass_phrase: PassPhrase,
    /// A name in the CSR besides the certificate's own [default: the certificate's]
    #[arg(long, value_name = "NAME", conflicts_with = "csr")]
    san: Vec<String>,
}

/// Where a key's pass phrase comes from.
#[derive(Debug, Args)]
pub(crate) struct PassPhrase {
    /// The key's pass phrase is this file's first line
    #[arg(long, value_name = "FILE", requires = "key")]
    pass_phrase_file: Option<PathBuf>,
    /// The key's pass phrase is the first line that this command of the shell prints
    #[arg(long, value_name = "CMD", requires = "key", conflicts_with = "pass_phrase_file")]
    pass_phrase_command: Option<String>,
}

pub(crate) fn key_type(name: &str) -> Result<KeyType, String> {
    KeyType::by_name(name).ok_or_else(|| {
        let names: Vec<&str> = KeyType::ALL.iter().map(|kind| kind.name()).collect();
        format!("expected one of {}", names.join(", "))
    })
}

impl PassPhrase {
    pub(crate) fn read(&self) -> Result<Option<Secret>, Failure> {
        pass_phrase(self.pass_phrase_file.as_deref(), self.pass_phrase_command.as_deref(), "--pass-phrase-command")
    }
}

/// The first line of a file that only its owner can read, or of what a command prints.
pub(crate) fn pass_phrase(file: Option<&Path>, command: Option<&str>, option: &str) -> Result<Option<Secret>, Failure> {
    if let Some(path) = file {
        return first_line(path).map(Some);
    }
    let Some(command) = command else { return Ok(None) };
    let printed = process::first_line(command).map_err(|why| Failure::usage(format!("{option} {why}")))?;
    Ok(Some(printed))
}

/// A key from a file that only its owner can read.
pub(crate) fn read_key(path: &Path, pass_phrase: &PassPhrase) -> Result<PrivateKey, Failure> {
    refuse_if_others_read(path, "")?;
    let file = fs::read(path).map_err(|why| Failure::usage(format!("key {}: {why}", path.display())))?;
    let pass_phrase = pass_phrase.read()?;
    PrivateKey::read(&file, pass_phrase.as_ref())
        .map_err(|why| Failure::usage(format!("key {}: {why}", path.display())))
}

impl Keys {
    /// A new key, of that kind where none waits.
    pub(crate) fn new_one(otherwise: KeyType) -> Self {
        let pass_phrase = PassPhrase { pass_phrase_file: None, pass_phrase_command: None };
        Self { new_key: true, key_type: None, otherwise, key: None, pass_phrase, san: Vec::new() }
    }

    /// Whether the order is made with a key and not with a CSR.
    pub(crate) fn are_given(&self) -> bool {
        self.new_key || self.key.is_some()
    }

    /// The CSR for an order. The key is on disk before it is given.
    pub(crate) fn request(
        &self,
        client: &mut Client,
        purpose: Purpose,
        name: Option<&str>,
        out: &Path,
        rehearsed: bool,
    ) -> Result<(String, CertificateRequest), Failure> {
        let (subject, names) = self.wanted(client, purpose, name)?;
        let place = Installation::at(out);
        let key = self.kept_key(&place, out, rehearsed)?;
        let unmade = |why: certgate_keys::KeyError| Failure::usage(format!("the CSR cannot be made: {why}"));
        let text = key.request(&subject, &names).map_err(unmade)?;
        let request = CertificateRequest::from_pem(&text)
            .map_err(|why| Failure::usage(format!("the CSR cannot be used: {why}")))?;
        if let Some(asked) = self.key_type.filter(|asked| *asked != like(&request.key)) {
            let (pending, found, asked) = (out.join("pending"), &request.key, asked.name());
            let pending = pending.display();
            return Err(Failure::usage(format!(
                "{pending} holds a key that waits for its certificate, {found}, and --key-type asks for {asked}: carry on with \
                 `certgate resume`, order without --key-type, or move it away"
            )));
        }
        if !rehearsed {
            place.keep_request(&text)?;
        }
        Ok((text.trim().to_owned(), request))
    }

    /// The subject and names: the certificate's, where there is one.
    fn wanted(
        &self,
        client: &mut Client,
        purpose: Purpose,
        name: Option<&str>,
    ) -> Result<(Subject, Vec<String>), Failure> {
        let known = match id(purpose) {
            Some(id) => client.call(CertificateInfo::new(id))?.value.data.into_iter().next().unwrap_or_default(),
            None => Certificate::default(),
        };
        let name = name.map(str::to_owned).or_else(|| known.name.clone());
        let name = name.ok_or_else(|| Failure::usage("the certificate's name is not known: give --name"))?;
        let mut names = vec![name.clone()];
        let others: Vec<String> = if self.san.is_empty() {
            known.subject_alternative_names.iter().filter_map(|other| other.name.clone()).collect()
        } else {
            self.san.clone()
        };
        for other in others {
            if !names.contains(&other) {
                names.push(other);
            }
        }
        let before = known.csr.as_deref().and_then(|csr| CertificateRequest::from_pem(csr).ok());
        let subject = match before {
            Some(CertificateRequest { organization, organization_unit, city, state, country, .. }) => {
                Subject { common_name: name, organization, organization_unit, city, state, country }
            }
            None => Subject { common_name: name, ..Subject::default() },
        };
        Ok((subject, names))
    }

    /// The key, kept until its certificate comes. One that an earlier run left is used again.
    fn kept_key(&self, place: &Installation, out: &Path, rehearsed: bool) -> Result<PrivateKey, Failure> {
        let given = self.key.as_deref().map(|path| read_key(path, &self.pass_phrase)).transpose()?;
        let waiting = match place.pending_key()? {
            Some(text) => {
                let unreadable = |why| Failure::usage(format!("{}: {why}", out.join("pending/key.pem").display()));
                Some(PrivateKey::from_pem(text.expose(), None).map_err(unreadable)?)
            }
            None => None,
        };
        match (waiting, given) {
            (Some(waiting), None) => Ok(waiting),
            (Some(waiting), Some(given)) if waiting.spki() == given.spki() => Ok(waiting),
            (Some(_), Some(_)) => Err(Failure::usage(format!(
                "{} holds the key of an order that is not finished: carry on with `certgate resume`, or move it away",
                out.join("pending").display()
            ))),
            (None, given) => {
                let made = |why: certgate_keys::KeyError| Failure::usage(why.to_string());
                let key = given
                    .map_or_else(|| PrivateKey::generate(self.key_type.unwrap_or(self.otherwise)).map_err(made), Ok)?;
                if !rehearsed {
                    place.keep_key(&key.to_pem())?;
                }
                Ok(key)
            }
        }
    }
}
