//! Lists: conditions, order and window of a query.

use std::cmp::Ordering;

use certgate_domain::{
    AnyData, Message, Query, QueryFilter, Response, ResponseObject,
    words::{Condition, Operator, OrderMode, StatusType},
};

use crate::world::{answer, refusal, wrong_value};

/// The keys that rows can be asked for by, and what a row has under each.
pub(crate) type Keys<T> = [(&'static str, fn(&T) -> Option<String>)];

/// XML gives so many unless a limit is said.
const LIMIT: i64 = 100;

/// The answer to a query: the rows that fit, as they are shown in a list.
pub(crate) fn list<'w, T: 'w>(
    code: &str,
    kind: &str,
    rows: impl Iterator<Item = &'w T>,
    query: &Query,
    keys: &Keys<T>,
    shown: impl Fn(&T) -> AnyData,
) -> Response<AnyData> {
    let (total, rows) = match select(rows, query, keys) {
        Ok(found) => found,
        Err(reason) => return refusal(&format!("E{code}"), reason),
    };
    let text = format!("The {kind}s were inquired successfully.");
    let mut answer = answer(&format!("S{code}"), &text, StatusType::Success);
    answer.object =
        Some(ResponseObject { r#type: Some(kind.to_owned()), summary: Some(total), ..ResponseObject::default() });
    answer.data = rows.into_iter().map(shown).collect();
    answer
}

/// The rows that fit, in their order, within the window; and how many fit in all.
fn select<'w, T>(
    rows: impl Iterator<Item = &'w T>,
    query: &Query,
    keys: &Keys<T>,
) -> Result<(i64, Vec<&'w T>), Message> {
    let known = |key: &str| keys.iter().find(|(name, _)| *name == key);
    let value = |row: &T, key: &str| known(key).and_then(|(_, value)| value(row));
    let asked = query.filters.iter().flat_map(names).chain(query.orders.iter().filter_map(|order| order.key.clone()));
    for key in asked {
        if known(&key).is_none() {
            return Err(wrong_value("request.task.where.key", &key));
        }
    }
    let mut rows: Vec<&T> = rows.filter(|row| fits_all(&query.filters, &|key| value(row, key))).collect();
    for order in query.orders.iter().rev() {
        let Some(key) = &order.key else { continue };
        rows.sort_by(|left, right| {
            let ordering = compare(&value(left, key).unwrap_or_default(), &value(right, key).unwrap_or_default());
            if order.r#type == Some(OrderMode::Desc) { ordering.reverse() } else { ordering }
        });
    }
    let total = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let view = query.view.clone().unwrap_or_default();
    let offset = usize::try_from(view.offset.unwrap_or_default()).unwrap_or_default();
    let limit = usize::try_from(view.limit.unwrap_or(LIMIT)).unwrap_or_default();
    Ok((total, rows.into_iter().skip(offset).take(limit).collect()))
}

fn names(filter: &QueryFilter) -> Vec<String> {
    filter.key.iter().cloned().chain(filter.filters.iter().flat_map(names)).collect()
}

/// And binds before or: those linked by or are alternatives to all the others together.
fn fits_all(filters: &[QueryFilter], value: &dyn Fn(&str) -> Option<String>) -> bool {
    let (either, all): (Vec<_>, Vec<_>) = filters.iter().partition(|filter| filter.link == Some(Condition::Or));
    let all_fit = all.iter().all(|filter| fits(filter, value));
    if either.is_empty() {
        return all_fit;
    }
    (!all.is_empty() && all_fit) || either.iter().any(|filter| fits(filter, value))
}

fn fits(filter: &QueryFilter, value: &dyn Fn(&str) -> Option<String>) -> bool {
    if !fits_all(&filter.filters, value) {
        return false;
    }
    let Some(key) = &filter.key else { return true };
    let there = value(key);
    let wanted = filter.value.as_deref().unwrap_or_default();
    let text = there.as_deref().unwrap_or_default();
    let is_like = || matches(&wanted.to_ascii_lowercase().replace('%', "*"), &text.to_ascii_lowercase());
    let ordering = || compare(text, wanted);
    match filter.operator.as_ref().unwrap_or(&Operator::Equal) {
        Operator::Equal => is_like(),
        Operator::NotEqual => !is_like(),
        Operator::Like | Operator::ILike => is_like(),
        Operator::NotLike => !is_like(),
        Operator::Greater | Operator::NotLessEqual => ordering() == Ordering::Greater,
        Operator::GreaterEqual | Operator::NotLess => ordering() != Ordering::Less,
        Operator::Less | Operator::NotGreaterEqual => ordering() == Ordering::Less,
        Operator::LessEqual | Operator::NotGreater => ordering() != Ordering::Greater,
        Operator::IsNull => there.is_none(),
        Operator::IsNotNull => there.is_some(),
        Operator::In => filter.values.iter().any(|value| value == text),
        Operator::NotIn => !filter.values.iter().any(|value| value == text),
        _ => false,
    }
}

/// Numbers by their size, all else by its text; times are such that both are the same.
fn compare(left: &str, right: &str) -> Ordering {
    match (left.parse::<i64>(), right.parse::<i64>()) {
        (Ok(left), Ok(right)) => left.cmp(&right),
        _ => left.cmp(right),
    }
}

/// Whether a text fits a pattern, in which `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(start) else { return false };
    text.char_indices()
        .map(|(at, _)| at)
        .chain([text.len()])
        .any(|at| text.get(at..).is_some_and(|text| matches(rest, text)))
}

#[cfg(test)]
mod tests {
    use certgate_domain::{
        Query, QueryFilter, QueryOrder,
        words::{Condition, Operator, OrderMode},
    };

    use super::{Keys, matches, select};

    const KEYS: &Keys<String> = &[("id", |row| Some(row.clone()))];

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("a*c", "abc", true),
            ("a*b", "abc", false),
            ("abc", "abc", true),
            ("", "a", false),
            ("*b*", "abc", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn queries() {
        let rows = ["8", "9", "10", "11"].map(str::to_owned);
        let filter = |link: Option<Condition>, operator, value: &str| QueryFilter {
            link,
            ..QueryFilter::new("id", operator, value)
        };
        let (and, or) = (Some(Condition::And), Some(Condition::Or));
        for (filters, expected) in [
            (vec![], vec!["8", "9", "10", "11"]),
            (vec![filter(None, Operator::Equal, "9")], vec!["9"]),
            (vec![filter(None, Operator::Like, "1*")], vec!["10", "11"]),
            (
                vec![filter(and.clone(), Operator::Greater, "8"), filter(and.clone(), Operator::Less, "11")],
                vec!["9", "10"],
            ),
            (
                vec![filter(or.clone(), Operator::Equal, "8"), filter(or.clone(), Operator::Equal, "11")],
                vec!["8", "11"],
            ),
            (
                vec![
                    filter(and.clone(), Operator::Greater, "8"),
                    filter(and, Operator::Less, "10"),
                    filter(or, Operator::Equal, "11"),
                ],
                vec!["9", "11"],
            ),
        ] {
            let query = Query { filters, ..Query::default() };
            let (total, found) = select(rows.iter(), &query, KEYS).unwrap();
            assert_eq!(
                (total, found),
                (expected.len() as i64, expected.iter().map(|row| rows.iter().find(|r| r == row).unwrap()).collect())
            );
        }
        let query = Query {
            orders: vec![QueryOrder {
                key: Some("id".to_owned()),
                r#type: Some(OrderMode::Desc),
                ..QueryOrder::default()
            }],
            ..Query::default()
        }
        .window(1, 2);
        let (total, found) = select(rows.iter(), &query, KEYS).unwrap();
        assert_eq!((total, found), (4, vec![&rows[2], &rows[1]]));
        let query = Query { filters: vec![QueryFilter::new("colour", Operator::Equal, "x")], ..Query::default() };
        assert!(select(rows.iter(), &query, KEYS).is_err());
    }
}
