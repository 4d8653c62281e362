//! `status` of a result.

use certgate_domain::{Status, StatusCode, words::StatusType};
use certgate_wire::DecodeError;

use crate::{
    element::Element,
    out::{Name, Out},
    record::record,
};

record! {
    Status {
        code: status_code("code" | "result_code"),
        text: text("text"),
        r#type: status_type("type"),
    }
}

impl Element<'_, '_> {
    fn status_code<const N: usize>(&self, names: [&str; N]) -> Result<Option<StatusCode>, DecodeError> {
        Ok(self.text(names)?.map(StatusCode::new))
    }

    /// Lower case in XML, one word in the domain.
    pub(crate) fn status_type(&self, names: [&str; 1]) -> Result<Option<StatusType>, DecodeError> {
        Ok(self.text(names)?.map(|word| match StatusType::from(word.to_ascii_uppercase().as_str()) {
            StatusType::Other(_) => StatusType::Other(word),
            known => known,
        }))
    }
}

impl Out<'_> {
    fn status_code<'n>(&mut self, name: impl Into<Name<'n>>, code: &Option<StatusCode>) {
        self.text(name, &code.as_ref().map(StatusCode::as_str));
    }

    pub(crate) fn status_type<'n>(&mut self, name: impl Into<Name<'n>>, r#type: &Option<StatusType>) {
        match r#type {
            Some(StatusType::Other(word)) => self.text(name, &Some(word)),
            Some(known) => self.text(name, &Some(known.as_str().to_ascii_lowercase())),
            None => {}
        }
    }
}
