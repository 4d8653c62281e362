/// The character of a byte in windows-1252, which has more of them than ISO-8859-1 from 0x80 to 0x9F. `None`: it has nothing
/// there.
///
/// ```
/// use certgate_wire::windows_1252;
/// assert_eq!([0x41, 0x80, 0x9F, 0xE4].map(windows_1252), [Some('A'), Some('€'), Some('Ÿ'), Some('ä')]);
/// assert_eq!(windows_1252(0x81), None);
/// ```
pub fn windows_1252(byte: u8) -> Option<char> {
    const SPECIAL: [char; 32] = [
        '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘', '’', '“', '”',
        '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
    ];
    match usize::from(byte).checked_sub(0x80).and_then(|at| SPECIAL.get(at)) {
        Some('\0') => None,
        Some(special) => Some(*special),
        None => Some(char::from(byte)),
    }
}
