//! Who looks into an account's queue, for all processes of the store.

use std::time::Duration;

use crate::{
    Lease, QueueReader, QueueState, StoreError,
    session::{Parameter, Session, values},
    tables::leases,
};

/// So many milliseconds a reader may take for the message that it has in hand, since it waits for the pace like everybody: two that
/// look at once confirm it twice.
const PATIENCE: i64 = 10_000;

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
        "SELECT holder, state, CASE WHEN abs({now} - looked) > CASE WHEN state = 0 AND ?2 < {PATIENCE} THEN {PATIENCE} ELSE ?2 END
         THEN 1 ELSE 0 END FROM queue_readers WHERE account = ?1"
    );
    let found = session.first(&sql, values![account, patience], |row| {
        Ok((row.get::<String>(0)?, QueueState::of(row.get(1)?), row.get::<i64>(2)? != 0))
    })?;
    let changed = match &found {
        Some((holder, state, has_rested)) => {
            if !has_rested && leases::is_of_another(session, lease, holder)? {
                return Ok(QueueReader::Another(*state));
            }
            // How it was when another one looked is not known to be so still.
            let sql = format!(
                "UPDATE queue_readers SET holder = ?2, looked = {now}, state = CASE WHEN holder = ?2 THEN state ELSE 0 END
                 WHERE account = ?1 AND holder = ?3"
            );
            session.execute(&sql, values![account, lease.token(), holder])?
        }
        None => {
            let sql = format!(
                "INSERT INTO queue_readers (account, holder, looked, state) VALUES (?1, ?2, {now}, 0)
                 ON CONFLICT DO NOTHING"
            );
            session.execute(&sql, values![account, lease.token()])?
        }
    };
    // None where another process was quicker.
    Ok(if changed == 1 { QueueReader::Own } else { QueueReader::Another(QueueState::InHand) })
}

/// Notes how the queue is, if this process is the reader.
pub(crate) fn note(session: &dyn Session, account: &str, lease: &Lease, state: QueueState) -> Result<(), StoreError> {
    session.execute(
        "UPDATE queue_readers SET state = ?3 WHERE account = ?1 AND holder = ?2 AND state <> ?3",
        values![account, lease.token(), state.number()],
    )?;
    Ok(())
}
