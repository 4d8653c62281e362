//! The tables, in statements that every database understands. The order of rows is SQLite's `rowid`, which PostgreSQL has as a column.

pub(crate) mod claims;
pub(crate) mod departures;
pub(crate) mod folders;
pub(crate) mod leases;
pub(crate) mod messages;
pub(crate) mod orders;
pub(crate) mod queue_readers;
pub(crate) mod runs;

/// What is asked in every run, with how many parameters, and the index of SQLite that finds no more than that: none of it reads whole
/// tables.
#[cfg(test)]
pub(crate) fn questions() -> [(String, usize, &'static str); 12] {
    [
        (format!("SELECT id {}", orders::BY_SUBJECT), 2, "orders_one_unfinished"),
        (format!("SELECT id {}", orders::UNFINISHED), 1, "orders_published"),
        (format!("SELECT id {}", orders::DEPLOYED), 1, "orders_deployed"),
        (format!("SELECT id {}", orders::BATCH), 2, "orders_by_batch"),
        (format!("SELECT id {}", orders::BATCHES), 3, "orders_by_batch"),
        (format!("SELECT id {}", orders::BY_JOB), 2, "orders_by_job"),
        (format!("SELECT id {}", orders::NEW_CERTIFICATES), 1, "orders_of_new"),
        (format!("SELECT id {}", orders::NEW_UNFINISHED), 1, "orders_one_unfinished"),
        (format!("SELECT id {}", orders::NEW_ASKED), 2, "orders_one_unfinished"),
        (format!("SELECT number {}", messages::WAITING), 2, "messages_waiting"),
        (format!("SELECT 1 {}", messages::AWAITED), 2, "orders_by_change"),
        (format!("SELECT number {}", messages::OF_HELD), 2, "orders_one_unfinished"),
    ]
}
