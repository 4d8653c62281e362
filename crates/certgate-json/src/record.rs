//! The records, each read from an object and written into one.

pub(crate) mod authentication;
pub(crate) mod basic_user;
pub(crate) mod certificate;
pub(crate) mod certificate_data;
pub(crate) mod contact;
pub(crate) mod foreign;
pub(crate) mod install_check;
pub(crate) mod job;
pub(crate) mod message;
pub(crate) mod object;
pub(crate) mod poll_message;
pub(crate) mod query;
pub(crate) mod session;
pub(crate) mod site_seal;
pub(crate) mod status;
pub(crate) mod subject_alternative_name;
pub(crate) mod time_period;
pub(crate) mod vmc_check_data;
