//! Long lists, page by page.

use certgate_domain::Query;

/// So many rows are asked for at once: as many as one answer may hold.
const PAGE: i64 = 1000;

/// All rows of a list, in as many requests as that takes. `ask` gives the rows of one page, and how many the list has in all, where
/// the gateway says that. A gateway may give fewer rows at once than it is asked for: a short page is the last one only where it is not
/// known how many there are.
///
/// # Errors
/// That of a page.
pub fn all<T, E>(query: &Query, mut ask: impl FnMut(Query) -> Result<(Vec<T>, Option<i64>), E>) -> Result<Vec<T>, E> {
    let length = |rows: &[T]| i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let mut all = Vec::new();
    loop {
        let (rows, total) = ask(query.clone().window(length(&all), PAGE))?;
        let count = length(&rows);
        all.extend(rows);
        if count == 0 || total.map_or(count < PAGE, |total| length(&all) >= total) {
            return Ok(all);
        }
    }
}
