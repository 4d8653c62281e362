//! What a list is asked for.

use certgate_domain::{Query, QueryFilter, QueryOrder, QueryView};

use crate::record::record;

record! {
    Query {
        filters: records("filters"),
        view: record("view"),
        orders: records("orders"),
    }
}

record! {
    QueryFilter {
        key: key("key"),
        value: text("value"),
        values: texts("values"),
        operator: word("operator"),
        link: word("link"),
        filters: records("filters"),
    }
}

record! {
    QueryView {
        limit: integer("limit"),
        offset: integer("offset"),
        children: boolean("children"),
        from: moment_or_civil("from"),
        to: moment_or_civil("to"),
    }
}

record! {
    QueryOrder {
        key: key("key"),
        ins: texts("ins"),
        r#type: word("type"),
    }
}
