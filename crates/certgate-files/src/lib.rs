//! Files that hold secrets or decide what is run.
//!
//! They are opened only where nobody but the process's effective user and root could have put them there, and written whole,
//! with the mode that is asked for, whatever the umask. On platforms without owners and modes they are opened and written as
//! they are.
//!
//! ```no_run
//! let pass_phrase = certgate_files::read_secret("/etc/certgate/pass".as_ref())?;
//! # Ok::<(), certgate_files::FileError>(())
//! ```

#![allow(clippy::disallowed_methods, reason = "this crate does the input and output")]

mod error;
#[cfg(unix)]
mod folder;
mod open;
mod owner;
mod trust;
mod write;

pub use error::{Distrust, FileError};
#[cfg(unix)]
pub use folder::{Folder, beside};
pub use open::{OpenedFile, open_to_append, read_input, read_plain, read_secret, read_trusted};
pub use owner::{NoSuchOwner, Owner};
pub use trust::{check_file, check_folder};
pub use write::{
    WholeFile, check_room, make_folder, make_private_folder, parent, set_owner, stand_in, sync_folder, write_over,
    write_report,
};
