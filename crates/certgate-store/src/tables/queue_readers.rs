//! Who looks into an account's queue, for all processes of the store.

use std::time::Duration;

use crate::{
    Lease, QueueReader, StoreError,
    session::{Parameter, Session, values},
    tables::leases,
};

/// Makes this process the reader, unless another one is that runs and has looked within `patience`.
pub(crate) fn read(
    session: &dyn Session,
    account: &str,
    lease: &Lease,
    patience: Duration,
) -> Result<QueueReader, StoreError> {
    let patience = i64::try_from(patience.as_millis()).unwrap_or(i64::MAX);
    let now = session.now();
    let sql = format!(
        "SELECT holder, blocked, CASE WHEN abs({now} - looked) > ?2 THEN 1 ELSE 0 END FROM queue_readers WHERE account = ?1"
    );
    let found = session.first(&sql, values![account, patience], |row| {
        Ok((row.get::<String>(0)?, row.get::<i64>(1)? != 0, row.get::<i64>(2)? != 0))
    })?;
    let changed = match &found {
        Some((holder, is_blocked, has_rested)) => {
            if !has_rested && leases::is_of_another(session, lease, holder)? {
                return Ok(QueueReader::Another { is_blocked: *is_blocked });
            }
            // What was first when another one looked is not known to be so still.
            let sql = format!(
                "UPDATE queue_readers SET holder = ?2, looked = {now}, blocked = CASE WHEN holder = ?2 THEN blocked ELSE 0 END
                 WHERE account = ?1 AND holder = ?3"
            );
            session.execute(&sql, values![account, lease.token(), holder])?
        }
        None => {
            let sql = format!(
                "INSERT INTO queue_readers (account, holder, looked, blocked) VALUES (?1, ?2, {now}, 0)
                 ON CONFLICT DO NOTHING"
            );
            session.execute(&sql, values![account, lease.token()])?
        }
    };
    // None where another process was quicker.
    Ok(if changed == 1 { QueueReader::Own } else { QueueReader::Another { is_blocked: false } })
}

/// Notes whether somebody else's message is first, if this process is the reader.
pub(crate) fn note_blocked(
    session: &dyn Session,
    account: &str,
    lease: &Lease,
    is_blocked: bool,
) -> Result<(), StoreError> {
    session.execute(
        "UPDATE queue_readers SET blocked = ?3 WHERE account = ?1 AND holder = ?2 AND blocked <> ?3",
        values![account, lease.token(), is_blocked],
    )?;
    Ok(())
}
