//! What a list is asked for.

use crate::{
    Lenient, Moment,
    words::{Condition, Operator, OrderMode},
};

/// A query (OpenAPI `Query`; XML `where`, `view`, `order`). Key names are the JSON API's: `orderId`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// Conditions (XML `where`).
    pub filters: Vec<QueryFilter>,
    /// How much, from where on.
    pub view: Option<QueryView>,
    /// In which order.
    pub orders: Vec<QueryOrder>,
}

/// A condition, or a group of them (OpenAPI `QueryFilter`; XML `where`, `and`, `or`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QueryFilter {
    /// The key.
    pub key: Option<String>,
    /// Its value; `*` stands for any text.
    pub value: Option<String>,
    /// Its values, for `IN` (JSON only).
    pub values: Vec<String>,
    /// How key and value compare (default: equal).
    pub operator: Option<Operator>,
    /// How it goes with its siblings (XML: the element's name). And binds before or.
    pub link: Option<Condition>,
    /// The conditions of a group.
    pub filters: Vec<QueryFilter>,
}

/// A window on a list (OpenAPI `QueryView`; XML `view`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QueryView {
    /// The largest number of rows; XML gives 100 by default.
    pub limit: Option<i64>,
    /// After so many.
    pub offset: Option<i64>,
    /// Whether the subusers' are listed as well.
    pub children: Option<Lenient<bool>>,
    /// From that time on (JSON only).
    pub from: Option<Lenient<Moment>>,
    /// Up to that time (JSON only).
    pub to: Option<Lenient<Moment>>,
}

/// An order of a list (OpenAPI `Order`; XML `order`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QueryOrder {
    /// The key to sort by.
    pub key: Option<String>,
    /// An order of values (JSON only).
    pub ins: Vec<String>,
    /// Up or down (XML `mode`; default: up).
    pub r#type: Option<OrderMode>,
}

impl Query {
    /// What fits all of these conditions.
    pub fn all_of(mut filters: Vec<QueryFilter>) -> Self {
        if filters.len() > 1 {
            filters.iter_mut().for_each(|filter| filter.link = Some(Condition::And));
        }
        Self { filters, ..Self::default() }
    }

    /// Returns the query limited to `limit` rows starting at `offset`.
    #[must_use]
    pub fn window(mut self, offset: i64, limit: i64) -> Self {
        let view = self.view.get_or_insert_default();
        view.offset = Some(offset);
        view.limit = Some(limit);
        self
    }
}

impl QueryFilter {
    /// A condition.
    ///
    /// ```
    /// use certgate_domain::{QueryFilter, words::Operator};
    /// assert_eq!(QueryFilter::new("name", Operator::Equal, "example.com").value.as_deref(), Some("example.com"));
    /// ```
    pub fn new(key: impl Into<String>, operator: Operator, value: impl Into<String>) -> Self {
        Self { key: Some(key.into()), operator: Some(operator), value: Some(value.into()), ..Self::default() }
    }
}
