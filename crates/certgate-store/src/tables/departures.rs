//! Departures that were drawn, in their tables: `draws` (a serial `id`, `key`, `at`, `count`) and `holds` (`key`, `until`, `length`).
//!
//! Whoever calls sees to it that draws of a key come one after the other. Times are milliseconds since 1970 by the one clock of all.

use std::time::Duration;

use crate::{
    Departures, Draw, StoreError,
    session::{Parameter, Session, values},
};

/// A second, and a little for the way: the gateway counts arrivals, we count departures.
const WINDOW: i64 = 1045;
/// How far a time may be off before the clock must have been set back since. It must not keep everybody waiting.
const SET_BACK: i64 = 2 * WINDOW;

/// The longest hold: no database is to count beyond its numbers.
const LONGEST: i64 = i64::MAX / 4;

/// The time by the database's clock. Asked for once it is the caller's turn: what was waited for the others has passed then.
pub(crate) fn now(session: &dyn Session) -> Result<i64, StoreError> {
    let now = session.first(&format!("SELECT {}", session.now()), &[], |row| row.get(0))?;
    Ok(now.unwrap_or_default())
}

/// Writes down that requests leave, or says how long to wait. What is drawn counts as leaving when it ends: so no second holds more than
/// `per_second`, whenever within their time they leave. One that is drawn alone leaves now. `last` is what the process drew before, of which it
/// gives back what was not used; what it draws now comes with the answer.
pub(crate) fn draw(
    session: &dyn Session,
    key: &str,
    per_second: usize,
    draw: Draw,
    last: Option<i64>,
    now: i64,
) -> Result<(Departures, Option<i64>), StoreError> {
    if let (Some(id), 1..) = (last, draw.unused) {
        session.execute("UPDATE draws SET count = count - ?2 WHERE id = ?1", values![id, number(draw.unused)])?;
    }
    session.execute(
        "DELETE FROM draws WHERE key = ?1 AND (at < ?2 OR at > ?3 OR count <= 0)",
        values![key, now - SET_BACK, now + SET_BACK],
    )?;
    let hold = session.first(
        "SELECT coalesce(max(until), 0) FROM holds WHERE key = ?1 AND until - ?2 <= length + ?3",
        values![key, now, SET_BACK],
        |row| row.get::<i64>(0),
    )?;
    let drawn = session.all(
        "SELECT at, count FROM draws WHERE key = ?1 AND at > ?2 ORDER BY at",
        values![key, now - WINDOW],
        |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?)),
    )?;
    let most = number(per_second.max(1));
    let mut free = most - drawn.iter().map(|(_, count)| count).sum::<i64>();
    let mut from = now.max(hold.unwrap_or_default());
    for (at, count) in drawn {
        if free > 0 {
            break;
        }
        free += count;
        from = from.max(at + WINDOW);
    }
    if from > now {
        return Ok((Departures::After(Duration::from_millis((from - now).unsigned_abs())), None));
    }
    let count = number(draw.wanted).clamp(1, free);
    let until = if count == 1 { now } else { now + WITHIN };
    let drawn = session.first(
        "INSERT INTO draws (key, at, count) VALUES (?1, ?2, ?3) RETURNING id",
        values![key, until, count],
        |row| row.get(0),
    )?;
    Ok((Departures::Granted(usize::try_from(count).unwrap_or(1)), drawn))
}

const WITHIN: i64 = Departures::WITHIN.as_millis() as i64;

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Has everybody wait so long from now on: the gateway asked for it. One that lasts longer stands, unless the clock was set back since.
pub(crate) fn hold(session: &dyn Session, key: &str, pause: Duration, now: i64) -> Result<(), StoreError> {
    let length = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX).min(LONGEST);
    session.execute(
        "INSERT INTO holds (key, until, length) VALUES (?1, ?3, ?4)
         ON CONFLICT (key) DO UPDATE SET until = excluded.until, length = excluded.length
         WHERE holds.until < excluded.until OR holds.until - ?2 > holds.length + ?5",
        values![key, now, now + length, length, SET_BACK],
    )?;
    Ok(())
}
