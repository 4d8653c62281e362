//! `view`, `where`, `order` of a list.

use certgate_domain::{
    Query, QueryFilter, QueryOrder, QueryView,
    words::{Condition, Operator, OrderMode},
};
use certgate_wire::DecodeError;

use crate::{element::Element, out::Out, record::Record};

/// By hand: XML says conditions by elements in each other.
impl Record for Query {
    fn read(e: &Element<'_, '_>) -> Result<Self, DecodeError> {
        let mut filters = Vec::new();
        for e in e.all(["where"]) {
            e.check_record()?;
            let condition = read_condition(&e, None)?;
            if condition.key.is_some() || condition.value.is_some() || condition.operator.is_some() {
                filters.push(QueryFilter { filters: Vec::new(), ..condition.clone() });
            }
            filters.extend(condition.filters);
        }
        Ok(Self { filters, view: e.record(["view"])?, orders: e.records(["order"])? })
    }

    fn write(&self, out: &mut Out<'_>) {
        let Self { filters, view, orders } = self;
        out.record("view", view);
        match filters.as_slice() {
            [] => {}
            [alone] if alone.link.is_none() && alone.filters.is_empty() => {
                out.element("where", |out| out.within("filters[0]", |out| write_condition(out, alone)));
            }
            several => out.element("where", |out| write_linked(out, several)),
        }
        out.records(("order", "orders"), orders);
    }
}

fn read_condition(e: &Element<'_, '_>, link: Option<Condition>) -> Result<QueryFilter, DecodeError> {
    let mut filters = Vec::new();
    for inner in e.all(["and", "or"]) {
        inner.check_record()?;
        let link = if inner.name() == "or" { Condition::Or } else { Condition::And };
        filters.push(read_condition(&inner, Some(link))?);
    }
    Ok(QueryFilter {
        key: e.key(["key"])?,
        value: e.text(["value"])?,
        values: Vec::new(),
        operator: e.text(["operator"])?.map(|word| operator(&word)),
        link,
        filters,
    })
}

/// The operators that XML has.
const OPERATORS: [(&str, Operator); 7] = [
    ("eq", Operator::Equal),
    ("ne", Operator::NotEqual),
    ("like", Operator::Like),
    ("gt", Operator::Greater),
    ("ge", Operator::GreaterEqual),
    ("lt", Operator::Less),
    ("le", Operator::LessEqual),
];

fn operator(word: &str) -> Operator {
    let known = OPERATORS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
    known.map_or_else(|| Operator::Other(word.to_owned()), |(_, operator)| operator.clone())
}

fn write_linked(out: &mut Out<'_>, filters: &[QueryFilter]) {
    out.within("filters", |out| {
        out.items(filters, |out, filter| {
            let name = if filter.link == Some(Condition::Or) { "or" } else { "and" };
            out.element(name, |out| write_condition(out, filter));
        });
    });
}

fn write_condition(out: &mut Out<'_>, record: &QueryFilter) {
    let QueryFilter { key, value, values, operator, link, filters } = record;
    out.key("key", key);
    match operator {
        Some(Operator::Other(word)) => out.text("operator", &Some(word)),
        Some(operator) => match OPERATORS.iter().find(|(_, known)| known == operator) {
            Some((word, _)) => out.text("operator", &Some(word)),
            None => out.lose("operator", &format!("XML has no operator {operator}")),
        },
        None => {}
    }
    out.text("value", value);
    if !values.is_empty() {
        out.lose("values", "XML compares with one value only");
    }
    if let Some(Condition::Other(word)) = link {
        out.lose("link", &format!("XML has and, or; not {word}"));
    }
    write_linked(out, filters);
}

impl Record for QueryView {
    fn read(e: &Element<'_, '_>) -> Result<Self, DecodeError> {
        Ok(Self {
            limit: e.integer(["limit"])?,
            offset: e.integer(["offset"])?,
            children: e.flag(["children"])?,
            from: None,
            to: None,
        })
    }

    fn write(&self, out: &mut Out<'_>) {
        let Self { limit, offset, children, from, to } = self;
        out.integer("offset", offset);
        out.integer("limit", limit);
        out.flag("children", children);
        for (name, _) in [("from", from), ("to", to)].iter().filter(|(_, time)| time.is_some()) {
            out.lose(name, "XML has no window of time; filter by a key such as created");
        }
    }
}

impl Record for QueryOrder {
    fn read(e: &Element<'_, '_>) -> Result<Self, DecodeError> {
        Ok(Self {
            key: e.key(["key"])?,
            ins: Vec::new(),
            r#type: e.text(["mode"])?.map(|word| match OrderMode::from(word.to_ascii_uppercase().as_str()) {
                OrderMode::Other(_) => OrderMode::Other(word),
                known => known,
            }),
        })
    }

    fn write(&self, out: &mut Out<'_>) {
        let Self { key, ins, r#type } = self;
        out.key("key", key);
        match r#type {
            Some(OrderMode::Other(word)) => out.text(("mode", "type"), &Some(word)),
            Some(known) => out.text(("mode", "type"), &Some(known.as_str().to_ascii_lowercase())),
            None => {}
        }
        if !ins.is_empty() {
            out.lose("ins", "XML sorts by keys only");
        }
    }
}
