//! What a run is set to: profiles of the configuration file, what the program says itself, and where each value came from.
//!
//! ```no_run
//! use certgate::config::{Overrides, Settings};
//!
//! let settings = Settings::resolve(&Overrides { profile: Some("demo".to_owned().into()), ..Overrides::default() })?;
//! println!("{} ({})", settings.json_endpoint.value, settings.json_endpoint.origin);
//! # Ok::<(), certgate::config::ConfigError>(())
//! ```

mod error;
mod new_profile;
mod overrides;
mod profile;
mod secret_source;
mod setting;
mod settings;

pub use self::{
    error::{ConfigError, Credential},
    new_profile::{NewProfile, ProfileFile},
    overrides::Overrides,
    profile::{BUILT_IN, default_file},
    secret_source::SecretSource,
    setting::{Origin, Setting},
    settings::Settings,
};
pub use crate::duration::{NotADuration, parse_duration};
