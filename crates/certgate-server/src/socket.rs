//! The connection to a caller, below what is read of it.

use tokio::net::TcpStream;

/// The connection to a caller. Elsewhere than on Linux it tells nothing.
#[derive(Debug, Clone)]
pub(crate) struct Socket(#[cfg(target_os = "linux")] std::sync::Arc<std::os::fd::OwnedFd>);

#[cfg(target_os = "linux")]
impl Socket {
    /// `None` where no descriptor is left for it.
    pub(crate) fn of(stream: &TcpStream) -> Option<Self> {
        use std::os::fd::AsFd;
        Some(Self(stream.as_fd().try_clone_to_owned().ok()?.into()))
    }

    /// Whether the caller has closed it, be there bytes that nobody has read yet: behind those, who reads sees no end.
    pub(crate) fn is_closed(&self) -> bool {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let mut asked = [PollFd::new(&self.0, PollFlags::RDHUP)];
        poll(&mut asked, Some(&Timespec::default())).is_ok_and(|closed| closed > 0)
    }
}

#[cfg(not(target_os = "linux"))]
impl Socket {
    pub(crate) fn of(_: &TcpStream) -> Option<Self> {
        None
    }

    pub(crate) fn is_closed(&self) -> bool {
        false
    }
}
