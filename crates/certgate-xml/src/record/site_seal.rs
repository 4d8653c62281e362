//! Site seals; derived.

use certgate_domain::SiteSealInformation;

use crate::record::record;

record! {
    SiteSealInformation {
        hash: text("hash"),
        size: text("size"),
        html: cdata("html"),
        icon: text("icon"),
        preview: text("preview"),
    }
}
