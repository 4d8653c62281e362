//! The integration tests of certgate-cli, in one binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test"
)]

#[cfg(unix)]
mod adopt;
mod adopt_again;
#[cfg(unix)]
mod adopt_for_a_user;
#[cfg(unix)]
mod adopt_pairs;
#[cfg(unix)]
mod autodns;
mod batch;
#[cfg(unix)]
mod batch_lines;
#[cfg(unix)]
mod bought_once;
mod bridge;
#[cfg(unix)]
mod bridge_tasks;
#[cfg(unix)]
mod bridge_waits;
mod calendar;
mod compare;
mod configuration;
mod convert;
#[cfg(unix)]
mod csr;
mod damaged;
mod damaged_files;
mod damaged_meanwhile;
#[cfg(unix)]
mod declared;
#[cfg(unix)]
mod declared_changes;
mod definitions;
mod doctor;
#[cfg(unix)]
mod due;
mod durable;
#[cfg(unix)]
mod emptied;
mod estate;
mod every_command;
#[cfg(unix)]
mod fetch;
mod first_run;
#[cfg(unix)]
mod install;
#[cfg(unix)]
mod kept_names;
#[cfg(unix)]
mod key_stores;
#[cfg(unix)]
mod lease;
mod led;
mod life;
mod lifetimes;
mod list;
#[cfg(target_os = "linux")]
mod manual;
#[cfg(unix)]
mod modes;
mod monitoring;
#[cfg(unix)]
mod moving;
mod named;
#[cfg(unix)]
mod nginx;
mod notify;
#[cfg(unix)]
mod one_or_many;
#[cfg(target_os = "linux")]
mod openings;
mod orders;
#[cfg(unix)]
mod page;
#[cfg(unix)]
mod paid_term;
#[cfg(unix)]
mod pass_through;
#[cfg(unix)]
mod pending_keys;
#[cfg(all(feature = "postgres", unix))]
mod postgres;
#[cfg(target_os = "linux")]
mod pressure;
#[cfg(unix)]
mod profiles;
#[cfg(unix)]
mod published;
mod queue;
mod readme;
#[cfg(unix)]
mod real_address;
mod reissue;
#[cfg(unix)]
mod relative_folders;
#[cfg(unix)]
mod remembered;
#[cfg(unix)]
mod replaced;
mod restored;
mod rollback;
mod secrets;
#[cfg(unix)]
mod serving;
#[cfg(unix)]
mod several_machines;
mod shadow;
#[cfg(unix)]
mod shared_queue;
#[cfg(unix)]
mod shown_alike;
#[cfg(unix)]
mod simulator;
mod store;
mod streams;
mod support;
mod tampered_tapes;
mod tapes;
mod torture;
mod trouble;
#[cfg(unix)]
mod trust;
#[cfg(unix)]
mod unattended;
mod validation;
mod verification;
#[cfg(unix)]
mod verify;
#[cfg(unix)]
mod watched_accounts;
mod zone;
