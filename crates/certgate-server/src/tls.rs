//! TLS in front: certificate and key from files, which may be replaced while the server runs.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use certgate_files::{Distrust, FileError};
use certgate_keys::{KeyError, PrivateKey};
use certgate_x509::pem::{self, Kind};
use rustls::{
    ServerConfig,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivatePkcs8KeyDer},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

/// What a server shows of itself, from two files. They are looked at for each connection: what was replaced is loaded; a pair that does
/// not fit together, such as in the moment between the two, leaves the one before in use.
#[derive(Debug, Clone)]
pub struct Tls {
    pub(crate) config: Arc<ServerConfig>,
}

/// Why certificate and key cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read, or others could have put it there or can read the key.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file holds something else.
    #[error("{}: {why}; expected {expected}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
        /// What it should hold.
        expected: &'static str,
    },
    /// The key is not the certificate's, or of a kind that cannot be used.
    #[error("{} and {}: {why}", certificate.display(), key.display())]
    Pair {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What is wrong with them.
        why: rustls::Error,
    },
    /// The machine's TLS cannot be set up.
    #[error("TLS: {0}")]
    Setup(rustls::Error),
}

struct Files {
    certificate: PathBuf,
    key: PathBuf,
    provider: Arc<CryptoProvider>,
    loaded: Mutex<Loaded>,
    /// Told why a replaced pair is not used.
    tell: Box<dyn Fn(&TlsError) + Send + Sync>,
}

struct Loaded {
    pair: Arc<CertifiedKey>,
    /// The state of the files when they were read last, whether their pair is used or not.
    seen: [Option<State>; 2],
}

/// What shows that a file was replaced.
type State = (SystemTime, u64);

impl Tls {
    /// With the certificate, its chain behind it, and the key of these files. The key's file is its owner's alone. `tell` is told why
    /// a pair that replaced them later is not used.
    ///
    /// # Errors
    /// They cannot be read, are not to be trusted, or do not belong together.
    pub fn from_files(
        certificate: &Path,
        key: &Path,
        tell: impl Fn(&TlsError) + Send + Sync + 'static,
    ) -> Result<Self, TlsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let seen = [certificate, key].map(state);
        let pair = Arc::new(load(certificate, key, &provider)?);
        let files = Files {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            provider: provider.clone(),
            loaded: Mutex::new(Loaded { pair, seen }),
            tell: Box::new(tell),
        };
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.map_err(TlsError::Setup)?;
        let mut config = builder.with_no_client_auth().with_cert_resolver(Arc::new(files));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config) })
    }
}

impl Files {
    /// The pair of the files as they are now.
    fn pair(&self) -> Arc<CertifiedKey> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let now = [&self.certificate, &self.key].map(|path| state(path));
        if now != loaded.seen {
            loaded.seen = now;
            match load(&self.certificate, &self.key, &self.provider) {
                Ok(pair) => loaded.pair = Arc::new(pair),
                Err(why) => (self.tell)(&why),
            }
        }
        loaded.pair.clone()
    }
}

impl ResolvesServerCert for Files {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.pair())
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files").field("certificate", &self.certificate).field("key", &self.key).finish_non_exhaustive()
    }
}

fn state(path: &Path) -> Option<State> {
    let found = std::fs::metadata(path).ok()?;
    let modified = found.modified().ok()?;
    #[cfg(unix)]
    let place = std::os::unix::fs::MetadataExt::ino(&found);
    #[cfg(not(unix))]
    let place = found.len();
    Some((modified, place))
}

fn load(certificate: &Path, key: &Path, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
    let content = |path: &Path, why: String, expected| TlsError::Content { path: path.to_owned(), why, expected };
    let chain = certgate_x509::certificates(certgate_files::read_trusted(certificate)?.bytes())
        .map_err(|why| content(certificate, why.to_string(), "a certificate and its chain"))?;
    let chain = chain.into_iter().map(CertificateDer::from).collect();
    let file = secret(key)?;
    let private = match PrivateKey::read(&file, None) {
        Ok(key) => Ok(key.to_pkcs8().to_vec()),
        // A server may have keys of kinds that nothing is ordered with, such as Ed25519.
        Err(why @ KeyError::Unsupported(_)) => pkcs8(&file).ok_or(why),
        Err(why) => Err(why),
    };
    let private = private.map_err(|why| content(key, why.to_string(), "a private key without a pass phrase"))?;
    let pair = CertifiedKey::from_der(chain, PrivatePkcs8KeyDer::from(private).into(), provider)
        .and_then(|pair| pair.keys_match().map(|()| pair));
    pair.map_err(|why| TlsError::Pair { certificate: certificate.to_owned(), key: key.to_owned(), why })
}

/// The key of a file as it stands there, where that is PKCS#8.
fn pkcs8(file: &[u8]) -> Option<Vec<u8>> {
    pem::read(file).ok()?.into_iter().find(|block| block.kind == Kind::PrivateKey).map(|block| block.der)
}

/// The key's file; a link to it, such as an installed certificate's, where nobody else could have put the link there.
fn secret(key: &Path) -> Result<Vec<u8>, FileError> {
    match certgate_files::read_secret(key) {
        Err(FileError::Untrusted { distrust: Distrust::Link { .. }, .. }) => {
            certgate_files::check_folder(key.parent().unwrap_or(Path::new("")), None)?;
            let target = key.canonicalize().map_err(|source| FileError::Io { path: key.to_owned(), source })?;
            certgate_files::read_secret(&target)
        }
        read => read,
    }
}
