//! Verified mark certificates; derived.

use certgate_domain::VmcCheckData;

use crate::record::record;

record! {
    VmcCheckData {
        name: text("name"),
        subject_alternative_names: alternative_names("subject_alternative_name" | "san"),
        vmc_logo: text("vmc_logo"),
        product: text("product"),
    }
}
