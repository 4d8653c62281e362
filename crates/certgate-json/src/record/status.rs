//! How the gateway answered.

use certgate_domain::{Status, StatusCode, words::StatusType};
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object, record::record};

record! {
    Status {
        code: status_code("code" | "resultCode"),
        text: text("text"),
        r#type: status_type("type"),
    }
}

impl Object<'_, '_> {
    fn status_code<const N: usize>(&self, names: [&str; N]) -> Result<Option<StatusCode>, DecodeError> {
        Ok(self.text(names)?.map(StatusCode::new))
    }

    /// The word for how it went, in any case.
    pub(crate) fn status_type(&self, name: [&str; 1]) -> Result<Option<StatusType>, DecodeError> {
        Ok(self.word(name)?.map(|word| match word {
            StatusType::Other(word) => {
                let known = StatusType::KNOWN.iter().find(|known| known.as_str().eq_ignore_ascii_case(&word));
                known.cloned().unwrap_or(StatusType::Other(word))
            }
            known => known,
        }))
    }
}

impl Fields {
    fn status_code(&mut self, name: &str, code: &Option<StatusCode>) {
        self.text(name, &code.as_ref().map(StatusCode::as_str));
    }

    pub(crate) fn status_type(&mut self, name: &str, r#type: &Option<StatusType>) {
        self.word(name, r#type);
    }
}
