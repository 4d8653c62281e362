//! The names of characters in HTML: those of windows-1252, and of the signs that a keyboard has.

/// The names of U+00A0 to U+00FF, in their order.
const LATIN_1: &str = "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn \
    sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde \
    Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde \
    Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil \
    egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave \
    uacute ucirc uuml yacute thorn yuml";

/// Characters, each with its name.
const OTHERS: &str = "&amp &AMP <lt <LT >gt >GT \"quot \"QUOT 'apos !excl #num $dollar %percnt (lpar )rpar *ast \
    *midast +plus ,comma .period /sol :colon ;semi =equals ?quest @commat [lsqb [lbrack \\bsol ]rsqb ]rbrack ^Hat \
    _lowbar _UnderBar `grave `DiacriticalGrave {lcub {lbrace |verbar |vert |VerticalLine }rcub }rbrace €euro ‚sbquo \
    ƒfnof „bdquo …hellip †dagger ‡Dagger ˆcirc ‰permil ŠScaron ‹lsaquo ŒOElig ‘lsquo ’rsquo “ldquo ”rdquo •bull \
    –ndash —mdash ˜tilde ™trade šscaron ›rsaquo œoelig ŸYuml";

/// The character of that name.
pub(super) fn named(name: &str) -> Option<char> {
    let in_latin_1 = LATIN_1.split(' ').zip('\u{a0}'..).find(|(known, _)| *known == name).map(|(_, c)| c);
    in_latin_1.or_else(|| {
        OTHERS.split(' ').filter_map(|word| word.strip_suffix(name)).find_map(|rest| {
            let mut rest = rest.chars();
            rest.next().filter(|_| rest.next().is_none())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn characters_by_name() {
        for (name, expected) in [
            ("nbsp", Some('\u{a0}')),
            ("sect", Some('§')),
            ("Auml", Some('Ä')),
            ("auml", Some('ä')),
            ("yuml", Some('ÿ')),
            ("amp", Some('&')),
            ("lbrack", Some('[')),
            ("euro", Some('€')),
            ("mp", None),
            ("", None),
            ("xauml", None),
        ] {
            assert_eq!(named(name), expected, "{name}");
        }
    }
}
