//! The products that can be ordered.

/// Those that the vendor's SDKs and documented payloads name. The OpenAPI has no list of them.
const PRODUCTS: &[&str] = &[
    "BASIC_SSL",
    "BASIC_SSL_WILDCARD",
    "COMODO_SSL",
    "COMODO_SSL_ESSENTIAL",
    "COMODO_SSL_ESSENTIAL_WILDCARD",
    "COMODO_SSL_EV",
    "COMODO_SSL_MD_EV",
    "COMODO_SSL_PREMIUM",
    "COMODO_SSL_PREMIUM_WILDCARD",
    "COMODO_SSL_UCC",
    "DEMOSSL",
    "GLOBALSIGN_DOCUMENT_SIGNING",
    "GLOBALSIGN_PERSONALSIGN_1",
    "GLOBALSIGN_PERSONALSIGN_2",
    "GLOBALSIGN_PERSONALSIGN_2_DEPT",
    "GLOBALSIGN_PERSONALSIGN_2_PRO",
    "QUICKSSLPREMIUM",
    "RAPID_SSL",
    "RAPID_SSL_WILDCARD",
    "SECURESITE",
    "SECURESITEEV",
    "SECURESITEPRO",
    "SECURESITEPROEV",
    "SSL123",
    "SSL123WILDCARD",
    "SSLWEB",
    "SSLWEBSERVEREV",
    "SSLWEBWILDCARD",
    "THAWTECODESIGNING",
    "TRUEBIZID",
    "TRUEBIZIDEV",
    "TRUEBIZIDWILDCARD",
    "VMC",
];

pub(crate) fn is_known(product: &str) -> bool {
    PRODUCTS.contains(&product)
}
