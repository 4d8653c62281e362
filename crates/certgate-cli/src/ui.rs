//! What people and scripts see: documents, tables, lists, reports, questions.

pub(crate) mod adoption;
pub(crate) mod advice;
pub(crate) mod bridge;
pub(crate) mod confirm;
pub(crate) mod curl;
pub(crate) mod document;
pub(crate) mod ending;
pub(crate) mod help;
pub(crate) mod inventory;
pub(crate) mod listing;
pub(crate) mod messages;
pub(crate) mod monitoring;
pub(crate) mod notice;
pub(crate) mod orders;
pub(crate) mod outcome;
pub(crate) mod page;
pub(crate) mod plan;
pub(crate) mod progress;
pub(crate) mod reports;
pub(crate) mod resumption;
pub(crate) mod rows;
pub(crate) mod sets;
pub(crate) mod table;
pub(crate) mod verification;
pub(crate) mod zone;
