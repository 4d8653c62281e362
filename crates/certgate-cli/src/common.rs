//! What several commands have in common: an order driven to its end, a task sent, a payload read or converted.

pub(crate) mod both;
pub(crate) mod certificate_run;
pub(crate) mod conversion;
pub(crate) mod exchange;
pub(crate) mod itself;
pub(crate) mod monitoring;
pub(crate) mod notify;
pub(crate) mod order;
pub(crate) mod payload;
pub(crate) mod placeholders;
pub(crate) mod queue;
pub(crate) mod rehearsal;
pub(crate) mod shadow;
pub(crate) mod share;
pub(crate) mod status_page;
