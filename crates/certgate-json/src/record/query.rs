//! What a list is asked for.

use certgate_domain::{Query, QueryFilter, QueryOrder, QueryView};
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object, value::Value};

pub(crate) fn read(object: &Object<'_, '_>) -> Result<Query, DecodeError> {
    let record = Query {
        filters: object.records("filters", read_filter)?,
        view: object.record("view", read_view)?,
        orders: object.records("orders", read_order)?,
    };
    object.finish();
    Ok(record)
}

pub(crate) fn write(record: &Query, fields: &mut Fields) {
    let Query { filters, view, orders } = record;
    fields.records("filters", filters, write_filter);
    fields.record("view", view.as_ref(), write_view);
    fields.records("orders", orders, write_order);
}

fn read_filter(object: &Object<'_, '_>) -> Result<QueryFilter, DecodeError> {
    let record = QueryFilter {
        key: object.text("key")?,
        value: object.text("value")?,
        values: object.texts("values")?,
        operator: object.word("operator")?,
        link: object.word("link")?,
        filters: object.records("filters", read_filter)?,
    };
    object.finish();
    Ok(record)
}

fn write_filter(record: &QueryFilter, fields: &mut Fields) {
    let QueryFilter { key, value, values, operator, link, filters } = record;
    fields.text("key", key.as_deref());
    fields.text("value", value.as_deref());
    fields.texts("values", values);
    fields.word("operator", operator);
    fields.word("link", link);
    fields.records("filters", filters, write_filter);
}

fn read_view(object: &Object<'_, '_>) -> Result<QueryView, DecodeError> {
    let record = QueryView {
        limit: object.integer("limit")?,
        offset: object.integer("offset")?,
        children: object.boolean("children")?,
        from: object.field("from").map(Value::moment_or_civil).transpose()?,
        to: object.field("to").map(Value::moment_or_civil).transpose()?,
    };
    object.finish();
    Ok(record)
}

fn write_view(record: &QueryView, fields: &mut Fields) {
    let QueryView { limit, offset, children, from, to } = record;
    fields.integer("limit", *limit);
    fields.integer("offset", *offset);
    fields.boolean("children", children);
    fields.moment("from", from);
    fields.moment("to", to);
}

fn read_order(object: &Object<'_, '_>) -> Result<QueryOrder, DecodeError> {
    let record = QueryOrder { key: object.text("key")?, ins: object.texts("ins")?, r#type: object.word("type")? };
    object.finish();
    Ok(record)
}

fn write_order(record: &QueryOrder, fields: &mut Fields) {
    let QueryOrder { key, ins, r#type } = record;
    fields.text("key", key.as_deref());
    fields.texts("ins", ins);
    fields.word("type", r#type);
}
