//! Verified mark certificates.

use certgate_domain::VmcCheckData;

use crate::record::record;

record! {
    VmcCheckData {
        name: text("name"),
        subject_alternative_names: alternative_names("subjectAlternativeNames" | "san"),
        vmc_logo: text("vmcLogo"),
        product: text("product"),
    }
}
