//! Private keys, and certificate requests (RFC 2986) made with them.
//!
//! ```
//! use certgate_keys::{KeyType, PrivateKey, Subject};
//! let key = PrivateKey::generate(KeyType::P256)?;
//! let subject = Subject { common_name: "example.com".to_owned(), ..Subject::default() };
//! let request = key.request(&subject, &["example.com".to_owned(), "www.example.com".to_owned()])?;
//! assert!(request.starts_with("-----BEGIN CERTIFICATE REQUEST-----"));
//! # Ok::<(), certgate_keys::KeyError>(())
//! ```

mod der;
mod ec;
mod jks;
mod keystore;
mod pkcs12;
mod read;
mod request;
mod signing;

use std::fmt;

use certgate_domain::Secret;
use certgate_x509::pem;
use pkcs8::EncodePrivateKey;
use rcgen::{PublicKeyData, SignatureAlgorithm};
use zeroize::Zeroizing;

pub use self::{keystore::StorePassPhrase, request::Subject};

/// The kind of a new key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum KeyType {
    /// ECDSA on NIST P-256.
    #[default]
    P256,
    /// ECDSA on NIST P-384.
    P384,
    /// RSA of 2048 bits.
    Rsa2048,
    /// RSA of 3072 bits.
    Rsa3072,
    /// RSA of 4096 bits.
    Rsa4096,
}

impl KeyType {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::P256, Self::P384, Self::Rsa2048, Self::Rsa3072, Self::Rsa4096];

    /// Its name: `p256`, `rsa2048`.
    pub fn name(self) -> &'static str {
        match self {
            Self::P256 => "p256",
            Self::P384 => "p384",
            Self::Rsa2048 => "rsa2048",
            Self::Rsa3072 => "rsa3072",
            Self::Rsa4096 => "rsa4096",
        }
    }

    /// The kind of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Why a key cannot be used. No error shows anything of the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is no private key in the file.
    #[error(
        "{0}; expected a private key as PEM or DER: PRIVATE KEY (PKCS#8), ENCRYPTED PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY"
    )]
    NotAKey(String),
    /// It holds a key whose parts do not go together.
    #[error("the key is damaged: {0}")]
    Damaged(&'static str),
    /// It is a PKCS#12 file.
    #[error(
        "found PKCS#12, expected a private key as PEM: convert it with `openssl pkcs12 -in OLD -nocerts -nodes -out NEW`"
    )]
    Pkcs12,
    /// It is in OpenSSH's own form.
    #[error(
        "found a key in the form of OpenSSH, expected PKCS#8: convert a copy of it with `ssh-keygen -p -m PKCS8 -f COPY`"
    )]
    OpenSsh,
    /// It is encrypted, and no pass phrase was given.
    #[error("the key is encrypted: give its pass phrase")]
    Encrypted,
    /// It is encrypted in the way before PKCS#8.
    #[error(
        "the key is encrypted in the old way (Proc-Type: 4,ENCRYPTED): convert it with `openssl pkcs8 -topk8 -in OLD -out NEW`"
    )]
    OldEncryption,
    /// The pass phrase is another one.
    #[error("the key cannot be decrypted: the pass phrase is wrong, or the file is damaged")]
    WrongPassPhrase,
    /// It is encrypted in a way that is not known here, such as PKCS#12's.
    #[error(
        "the key is encrypted in a way that cannot be read: convert it with `openssl pkcs8 -topk8 -v2 aes-256-cbc -in OLD -out NEW`"
    )]
    UnsupportedEncryption,
    /// Trying a pass phrase would take too long, or too much memory.
    #[error(
        "the key's encryption is too costly to try: found {found}, expected at most {most}; convert it with \
         `openssl pkcs8 -topk8 -v2 aes-256-cbc -iter 600000 -in OLD -out NEW`"
    )]
    Costly {
        /// What the file asks for.
        found: String,
        /// The most that is done.
        most: String,
    },
    /// Its curve stands there as parameters, not by its name.
    #[error(
        "the key's curve is given by explicit parameters, expected a named curve: convert it with \
         `openssl ec -in OLD -param_enc named_curve -out NEW`"
    )]
    ExplicitCurve,
    /// Its kind cannot be used.
    #[error(
        "the key is of a kind that cannot be used ({0}); expected RSA of 2048, 3072 or 4096 bits, or ECDSA on P-256 or P-384"
    )]
    Unsupported(String),
    /// Its public exponent is one that nothing here signs with.
    #[error(
        "the key's public exponent is {0}; expected 65537, or another odd number from there to 2^33: make a new key"
    )]
    Exponent(String),
    /// A key or request could not be made.
    #[error("{0}")]
    Failed(String),
}

/// A private key. It shows itself as its public one only, and is cleared from memory when it is dropped.
pub struct PrivateKey {
    /// PKCS#8, its public key in it.
    pkcs8: Zeroizing<Vec<u8>>,
    /// The public key without its algorithm.
    public: Vec<u8>,
    /// What its signatures are called.
    algorithm: &'static SignatureAlgorithm,
}

impl PrivateKey {
    /// A new key.
    ///
    /// # Errors
    /// [`KeyError::Failed`]: the machine gives no random numbers.
    pub fn generate(kind: KeyType) -> Result<Self, KeyError> {
        let failed = |why: &dyn fmt::Display| KeyError::Failed(format!("no key could be made: {why}"));
        let bits = match kind {
            KeyType::P256 | KeyType::P384 => {
                return Self::from_pkcs8(signing::generate(kind).map_err(|why| failed(&why))?);
            }
            KeyType::Rsa2048 => 2048,
            KeyType::Rsa3072 => 3072,
            KeyType::Rsa4096 => 4096,
        };
        let key = rsa::PrivateKey::new(&mut getrandom::SysRng, bits).map_err(|why| failed(&why))?;
        let der = key.to_pkcs8_der().map_err(|why| failed(&why))?;
        Self::from_pkcs8(Zeroizing::new(der.as_bytes().to_vec()))
    }

    /// The key in a file, PEM or DER: PKCS#8, encrypted or not, PKCS#1, SEC1.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn read(file: &[u8], pass_phrase: Option<&Secret>) -> Result<Self, KeyError> {
        Self::from_pkcs8(read::pkcs8(file, pass_phrase)?)
    }

    /// The key in a text, as [`PrivateKey::read`] reads it.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn from_pem(text: &str, pass_phrase: Option<&Secret>) -> Result<Self, KeyError> {
        Self::read(text.as_bytes(), pass_phrase)
    }

    /// The key in PEM (PKCS#8), not encrypted.
    pub fn to_pem(&self) -> Secret {
        Secret::new(pem::text("PRIVATE KEY", &self.pkcs8))
    }

    /// The key as PKCS#8, not encrypted.
    pub fn to_pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    /// Its public key (SubjectPublicKeyInfo, DER), to be compared with a certificate's or a request's.
    pub fn spki(&self) -> Vec<u8> {
        self.subject_public_key_info()
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(…)")
    }
}
