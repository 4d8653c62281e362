//! Leases in their table. The database's clock decides when one ends: those of the machines need not agree.

use crate::{
    Lease, StoreError,
    session::{Parameter, Session, values},
};

/// Renews a lease from now on, and begins it where it is new.
pub(crate) fn renew(session: &dyn Session, lease: &Lease) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO leases (holder, place, expires) VALUES (?1, ?2, {} + ?3)
         ON CONFLICT (holder) DO UPDATE SET expires = excluded.expires",
        session.now()
    );
    session.execute(&sql, values![lease.token(), lease.place(), LENGTH])?;
    Ok(())
}

/// Ends a lease, and forgets those of processes that did not come to that.
pub(crate) fn end(session: &dyn Session, lease: &Lease) -> Result<(), StoreError> {
    let sql = format!("DELETE FROM leases WHERE holder = ?1 OR expires < {} - ?2", session.now());
    session.execute(&sql, values![lease.token(), FORGOTTEN])?;
    Ok(())
}

/// Whether that holder is another process, and its lease has not ended: neither by time nor, beside the same store, with the
/// process.
pub(crate) fn is_of_another(session: &dyn Session, lease: &Lease, holder: &str) -> Result<bool, StoreError> {
    if holder == lease.token() {
        return Ok(false);
    }
    let sql = format!("SELECT place FROM leases WHERE holder = ?1 AND expires > {}", session.now());
    let place: Option<String> = session.first(&sql, values![holder], |row| row.get(0))?;
    Ok(place.is_some_and(|place| place != lease.place() || lease.is_running(holder)))
}

/// Whether a lease that has not ended is that of the order.
pub(crate) fn holds(session: &dyn Session, lease: &Lease, id: &str) -> Result<bool, StoreError> {
    let sql = format!(
        "SELECT 1 FROM orders JOIN leases ON leases.holder = orders.holder
         WHERE orders.id = ?1 AND orders.holder = ?2 AND leases.expires > {}",
        session.now()
    );
    Ok(session.first(&sql, values![id, lease.token()], |_| Ok(()))?.is_some())
}

/// The unfinished orders that a lease holds which has not ended.
pub(crate) fn held(session: &dyn Session, account: &str, lease: &Lease) -> Result<Vec<String>, StoreError> {
    let sql = format!(
        "SELECT orders.id FROM orders JOIN leases ON leases.holder = orders.holder
         WHERE orders.account = ?1 AND orders.finished = 0 AND orders.holder = ?2 AND leases.expires > {}",
        session.now()
    );
    session.all(&sql, values![account, lease.token()], |row| row.get(0))
}

/// Whether an order of the account is about to leave, or its answer on its way: one that a lease holds which has not ended.
pub(crate) fn is_sending(session: &dyn Session, account: &str, lease: &Lease) -> Result<bool, StoreError> {
    let holders: Vec<String> = session.all(
        "SELECT DISTINCT holder FROM orders
         WHERE account = ?1 AND finished = 0 AND state = 'sending' AND holder IS NOT NULL",
        values![account],
        |row| row.get(0),
    )?;
    for holder in holders {
        if holder == lease.token() || is_of_another(session, lease, &holder)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// How long a lease lasts that is not renewed, in milliseconds.
const LENGTH: i64 = Lease::LENGTH.as_millis() as i64;

/// After so many milliseconds a lease that has ended is not worth a row.
const FORGOTTEN: i64 = 24 * 3_600_000;
