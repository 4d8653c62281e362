//! Site seals.

use certgate_domain::SiteSealInformation;

use crate::record::record;

record! {
    SiteSealInformation {
        hash: text("hash"),
        size: text("size"),
        html: text("html"),
        icon: text("icon"),
        preview: text("preview"),
    }
}
