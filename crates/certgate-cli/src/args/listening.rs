//! Where a server listens: `--listen`, `--tls-cert`, `--tls-key`.

use std::{net::SocketAddr, path::PathBuf};

use certgate_server::{Tls, TlsError};
use clap::Args;

use crate::{args::listen_address, streams::say};

/// Where a server listens, and what it shows of itself.
#[derive(Debug, Args)]
pub(crate) struct Listening {
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS", value_parser = listen_address)]
    pub(crate) listen: SocketAddr,
    /// Speak TLS with this certificate, its chain behind it (PEM); read again when the file is replaced
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's key (PEM), which only you may read; read again when the file is replaced
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

impl Listening {
    /// The certificate and key, where there are some.
    pub(crate) fn tls(&self) -> Result<Option<Tls>, TlsError> {
        let (Some(certificate), Some(key)) = (&self.tls_cert, &self.tls_key) else { return Ok(None) };
        let tell = |why: &TlsError| {
            say(&format!("certgate: warning: the new certificate is not used, the one before stays: {why}"));
        };
        Tls::from_files(certificate, key, tell).map(Some)
    }

    /// Warns where what is sent to it can be read on the way.
    pub(crate) fn warn_of_listeners(&self) {
        if self.tls_cert.is_none() && !self.listen.ip().is_loopback() {
            say(&format!(
                "certgate: warning: --listen {} is not loopback: credentials travel to it in the clear, for all on the way to read; --tls-cert and --tls-key hide them",
                self.listen
            ));
        }
    }
}
